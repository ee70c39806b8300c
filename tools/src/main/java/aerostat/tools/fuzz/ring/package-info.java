/** A hostile driver's rings and registers, for targets with and without a guest. */
@NullMarked
package aerostat.tools.fuzz.ring;

import org.jspecify.annotations.NullMarked;
