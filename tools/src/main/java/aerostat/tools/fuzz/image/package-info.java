/** Target {@code image}: verifier, rewriter and loader against hostile class files. */
@NullMarked
package aerostat.tools.fuzz.image;

import org.jspecify.annotations.NullMarked;
