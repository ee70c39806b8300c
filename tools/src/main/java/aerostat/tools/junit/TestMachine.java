package aerostat.tools.junit;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.console.ConsoleBuffer;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineBuilder;
import java.io.OutputStream;
import java.time.Duration;

/** A machine with its console kept in memory. Thread-safe. */
public final class TestMachine implements AutoCloseable {
  private static final int CONSOLE_BYTES = 1 << 20;

  private final ConsoleBuffer buffer = new ConsoleBuffer(CONSOLE_BYTES);
  private final Object written = new Object();
  private final Machine machine;

  TestMachine(VirtualMachine options) {
    MachineBuilder builder =
        Machine.builder()
            .memory((long) options.mebibytes() << 20)
            .append(options.append())
            .balloon(
                new BalloonOptions(options.freePageHint(), false, false, options.deflateOnOom()))
            .seed(options.seed())
            .flavour(options.flavour())
            .console(new ConsoleStream());
    if (options.deterministic()) {
      builder.deterministic(options.seed());
    }
    machine = builder.build();
    if (options.started()) {
      machine.start();
    }
  }

  public Machine machine() {
    return machine;
  }

  /** What the guest printed, the newest MiB of it. */
  public String console() {
    return buffer.text();
  }

  /**
   * Waits until the console holds this text.
   *
   * @throws AssertionError with the console if it does not come in time
   */
  public void awaitConsole(String text, Duration timeout) throws InterruptedException {
    long until = System.nanoTime() + timeout.toNanos();
    synchronized (written) {
      while (!console().contains(text)) {
        long left = until - System.nanoTime();
        if (left <= 0) {
          throw new AssertionError("no '" + text + "' on the console:\n" + console());
        }
        written.wait(left / 1_000_000 + 1);
      }
    }
  }

  @Override
  public void close() {
    machine.close();
  }

  private final class ConsoleStream extends OutputStream {
    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      buffer.write(bytes, offset, length);
      synchronized (written) {
        written.notifyAll();
      }
    }
  }
}
