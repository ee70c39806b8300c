package aerostat.vmm.cli;

import aerostat.devices.console.ConsoleWriter;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Where the guest prints: standard output, a file or nowhere; and the end of it in memory for
 * {@code x-console-tail}. A target that fails (disk full, pipe closed) is given up, the guest goes
 * on.
 */
final class GuestConsole extends OutputStream {
  /** Bytes kept in memory. */
  static final int KEPT = 16 << 10;

  /** Bytes that wait for a terminal or a pipe that nobody reads; the machine waits for none. */
  private static final int WAITING = 1 << 20;

  private final OutputStream target;
  private final byte[] ring = new byte[KEPT];
  private long written;
  private boolean failed;

  GuestConsole(OutputStream target) {
    this.target = target;
  }

  /** A console over a stream that may block: beyond what can wait for it, output is dropped. */
  static GuestConsole unhurried(OutputStream out) {
    return new GuestConsole(new ConsoleWriter(out, WAITING));
  }

  /**
   * Opens {@code stdio}, {@code file:PATH} or {@code none}. A pipe or a terminal may stand for the
   * file: the guest does not wait for it.
   *
   * @throws CliException if it is none of these, or the file cannot be written
   */
  static GuestConsole open(String target) {
    if (target.equals("stdio")) {
      return unhurried(new FileOutputStream(FileDescriptor.out));
    }
    if (target.equals("none")) {
      return new GuestConsole(OutputStream.nullOutputStream());
    }
    if (target.startsWith("file:") && target.length() > 5) {
      try {
        String path = target.substring(5);
        FileOutputStream file = new FileOutputStream(path);
        return new File(path).isFile() ? new GuestConsole(file) : unhurried(file);
      } catch (IOException e) {
        throw new CliException(
            ExitCode.UNAVAILABLE, "--console: cannot write the file: " + e.getMessage());
      }
    }
    throw new CliException(
        ExitCode.USAGE, "--console '" + target + "': write stdio, file:PATH or none");
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    int from = Math.max(offset, offset + length - KEPT);
    for (int i = from; i < offset + length; i++) {
      ring[(int) ((written + i - offset) % KEPT)] = bytes[i];
    }
    written += length;
    if (failed) {
      return;
    }
    try {
      target.write(bytes, offset, length);
      target.flush();
    } catch (IOException e) {
      failed = true;
      org.slf4j.LoggerFactory.getLogger(GuestConsole.class)
          .warn("the console's target fails, output is dropped: {}", e.getMessage());
    }
  }

  /** Lets what waits get out, for at most two seconds; standard output itself stays open. */
  @Override
  public void close() throws IOException {
    target.close();
  }

  /** The last bytes, at most {@link #KEPT}, as Latin-1 text. */
  synchronized String tail(int bytes) {
    int length = (int) Math.min(Math.min(bytes, KEPT), written);
    byte[] tail = new byte[length];
    for (int i = 0; i < length; i++) {
      tail[i] = ring[(int) ((written - length + i) % KEPT)];
    }
    return new String(tail, StandardCharsets.ISO_8859_1);
  }
}
