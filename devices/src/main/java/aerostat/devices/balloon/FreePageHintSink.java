package aerostat.devices.balloon;

/** Takes the hints that arrive while hinting runs; called with the machine lock held (DEV-16). */
public interface FreePageHintSink {
  /**
   * The guest says that [gpa, gpa+length) was free at some time after the current command id was
   * issued.
   */
  void hint(long gpa, long length);

  /** Errors that are planted on the way to it. */
  default HintErrors errors() {
    return HintErrors.NONE;
  }
}
