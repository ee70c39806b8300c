/** {@code aerostat bench hinting}: the balloon driver's variants, migrated. */
@NullMarked
package aerostat.tools.bench.hinting;

import org.jspecify.annotations.NullMarked;
