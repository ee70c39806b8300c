package aerostat.devices.console;

/** Takes what the guest prints. Called under the machine lock: must not block. */
@FunctionalInterface
public interface ConsoleSink {
  /** The bytes are valid during the call only. */
  void write(byte[] bytes, int offset, int length);
}
