/**
 * The command line. {@link aerostat.vmm.cli.Main} finds the command by its first word and loads
 * only that one; further commands come from {@link aerostat.vmm.cli.CommandProvider} services.
 */
@NullMarked
package aerostat.vmm.cli;

import org.jspecify.annotations.NullMarked;
