package aerostat.mmio.trace;

/**
 * Builds one line of the trace format. Only reached when tracing is on, so it may allocate.
 *
 * <pre>{@code
 * if (trace.on()) {
 *   TraceLine.of("virtio0", "notify").num("queue", 2).to(trace);
 * }
 * }</pre>
 */
public final class TraceLine {
  private final StringBuilder line = new StringBuilder(80);

  private TraceLine() {}

  /**
   * Starts a line.
   *
   * @param component instance that speaks, such as {@code virtio0} or {@code balloon}
   * @param event what happened, one word
   */
  public static TraceLine of(String component, String event) {
    TraceLine made = new TraceLine();
    made.append(component);
    made.line.append(' ');
    made.append(event);
    return made;
  }

  /** A number, unsigned 64-bit decimal. */
  public TraceLine num(String key, long value) {
    return key(key).raw(Long.toUnsignedString(value));
  }

  /** A number that is naturally read in hex (addresses, bit masks, page numbers). */
  public TraceLine hex(String key, long value) {
    return key(key).raw("0x" + Long.toHexString(value));
  }

  /** A word; white space, control characters, {@code =} and {@code %} are escaped as %xx. */
  public TraceLine word(String key, String value) {
    key(key);
    append(value);
    return this;
  }

  public void to(Trace trace) {
    trace.event(line.toString());
  }

  @Override
  public String toString() {
    return line.toString();
  }

  private TraceLine key(String key) {
    line.append(' ');
    append(key);
    line.append('=');
    return this;
  }

  private TraceLine raw(String text) {
    line.append(text);
    return this;
  }

  private void append(String text) {
    if (text.isEmpty()) {
      line.append("%");
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > ' ' && c < 0x7f && c != '=' && c != '%') {
        line.append(c);
      } else {
        line.append(String.format("%%%04x", (int) c));
      }
    }
  }
}
