package aerostat.guest.kernel;

/** What a timer does when it expires; in interrupt context, so it must not sleep. */
public interface TimerFn {
  void run(Timer timer);
}
