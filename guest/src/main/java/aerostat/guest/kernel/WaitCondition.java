package aerostat.guest.kernel;

/** What a thread waits for; it must not sleep in the wait queue way itself. */
public interface WaitCondition {
  boolean test(long data);
}
