package aerostat.guest.kernel;

/** A notifier's function. */
public interface NotifierFn {
  /** Returns {@link NotifierHead#OK} or {@link NotifierHead#STOP}. */
  int call(NotifierBlock block, long action, long data);
}
