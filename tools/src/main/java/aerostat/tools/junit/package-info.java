/** JUnit 5: a started machine as a test's parameter. */
@NullMarked
package aerostat.tools.junit;

import org.jspecify.annotations.NullMarked;
