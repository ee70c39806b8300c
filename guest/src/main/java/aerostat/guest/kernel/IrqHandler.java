package aerostat.guest.kernel;

/** An interrupt handler: {@link Irq#NONE} or {@link Irq#HANDLED}; it must not sleep. */
public interface IrqHandler {
  int handle(int irq, long data);

  /** From now on it is not called any more, because nobody cared for the line too often. */
  default void disabled(int irq, long data) {}
}
