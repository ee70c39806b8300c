/** A user's own variant of the guest's balloon driver: compiled, and put into an image. */
@NullMarked
package aerostat.vmm.driver;

import org.jspecify.annotations.NullMarked;
