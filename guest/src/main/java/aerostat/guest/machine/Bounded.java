package aerostat.guest.machine;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * All loops of the method together make at most {@link #value} trips. Such a method has no
 * safepoint, so it is atomic against interrupts and preemption; the machine counts and panics the
 * guest when the promise is broken. It may call only other methods that reach no safepoint.
 */
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.METHOD)
public @interface Bounded {
  /** Trips, 1 to 65536. */
  int value();
}
