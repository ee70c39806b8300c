/** Target {@code driver}: a hostile device against the balloon driver of a booted guest. */
@NullMarked
package aerostat.tools.fuzz.driver;

import org.jspecify.annotations.NullMarked;
