/**
 * {@code aerostat demo}: two VMM processes, a balloon and two migrations, with nothing but the
 * command line and QMP, as a user would.
 */
@NullMarked
package aerostat.tools.demo;

import org.jspecify.annotations.NullMarked;
