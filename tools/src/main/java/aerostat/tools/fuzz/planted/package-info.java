/** Known defects, put into the product one at a time to see that a target finds them, and when. */
@NullMarked
package aerostat.tools.fuzz.planted;

import org.jspecify.annotations.NullMarked;
