package aerostat.tools.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** What the guest says, line by line, among the events of an input that somebody wants to read. */
final class GuestConsole extends OutputStream {
  private static final int LONGEST = 1 << 10;

  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private FuzzLog log = FuzzLog.OFF;

  /** From here on it is this input's guest. */
  void begin(FuzzLog next) {
    line.reset();
    log = next;
  }

  @Override
  public void write(int character) {
    if (!log.on()) {
      return;
    }
    if (character != '\n' && line.size() < LONGEST) {
      line.write(character);
      return;
    }
    log.say("guest: " + line.toString(StandardCharsets.ISO_8859_1).strip());
    line.reset();
  }
}
