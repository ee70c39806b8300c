/** {@code aerostat bench migration --goals}: what the project promises about migration. */
@NullMarked
package aerostat.tools.bench.migration.goals;

import org.jspecify.annotations.NullMarked;
