/** Target {@code stream}: the receiver of a migration against a hostile source. */
@NullMarked
package aerostat.tools.fuzz.stream;

import org.jspecify.annotations.NullMarked;
