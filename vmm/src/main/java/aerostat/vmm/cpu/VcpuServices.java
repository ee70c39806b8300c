package aerostat.vmm.cpu;

/**
 * What the per-VM copy of {@link Intrinsics} asks of its vCPU off the fast path. Called on the vCPU
 * thread only, except {@link #pending()}.
 *
 * <p>{@code budget} is the poll countdown, which lives in a static of the copy: methods that need
 * the exact poll count take it, and those that change it return the new value.
 */
public interface VcpuServices {
  /**
   * The slow path of a poll.
   *
   * @param budget −1
   * @param irq 1 if interrupts are enabled
   * @return the next budget, or a negative number: leave
   */
  int poll(int budget, int irq);

  /** Whether something waits for a poll: a request of the host, or a line that rose. */
  boolean pending();

  /** Makes the next poll take the slow path if what is pending can be done now. */
  int expedite(int budget, int irq);

  /** Guest monotonic time, ns. */
  long now(int budget);

  /** Wall clock, ns since 1970. */
  long wallClock(int budget);

  /** Arms the timer (line 0); Long.MAX_VALUE disarms. Returns the new budget. */
  int setTimer(long deadline, int budget, int irq);

  /** Whether the guest must leave to wait (or to take an interrupt that is there). */
  boolean waitForInterrupt(int budget, int irq);

  /** Notes a switch of stacks, which is done once everything has unwound. */
  void switchTo(long from, long to, int budget);

  /** Puts a first frame of the image's {@code thread(long)} on an empty stack. */
  void prepareContext(long context, long argument);

  /** Next number of the seeded generator. */
  long random();

  /** The fault for {@code Cpu.panic}, with the message that lies at this address. */
  GuestFault panic(long message);

  /** The fault for a {@code @Bounded} method that made too many trips. */
  GuestFault boundExceeded(int method);
}
