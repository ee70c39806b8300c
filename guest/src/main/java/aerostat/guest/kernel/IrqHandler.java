package aerostat.guest.kernel;

/** An interrupt handler: {@link Irq#NONE} or {@link Irq#HANDLED}; it must not sleep. */
public interface IrqHandler {
  int handle(int irq, long data);
}
