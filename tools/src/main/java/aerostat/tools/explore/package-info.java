/**
 * {@code aerostat explore}: every order of the steps of guest, driver, device and migration over a
 * small machine made of the production parts, to prove that hints are safe (section G.4).
 */
@NullMarked
package aerostat.tools.explore;

import org.jspecify.annotations.NullMarked;
