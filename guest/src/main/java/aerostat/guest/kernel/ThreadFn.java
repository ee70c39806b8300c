package aerostat.guest.kernel;

/** A kernel thread's function; the result is its exit code. */
public interface ThreadFn {
  int run(long data);
}
