/** Target {@code device}: register and ring inputs against the balloon of a booted guest. */
@NullMarked
package aerostat.tools.fuzz.device;

import org.jspecify.annotations.NullMarked;
