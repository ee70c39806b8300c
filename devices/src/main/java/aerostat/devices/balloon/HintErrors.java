package aerostat.devices.balloon;

/**
 * Errors in the handling of hints that a test run plants, to see that the checks catch them.
 *
 * @param acceptStaleId any command id starts the consumption of hints (against HINT-14, MIG-22)
 * @param stopWithoutLock a hint that was begun is finished after a stop (against DEV-16, MIG-23)
 * @param discard a hint also gives the pages back to the host (against MIG-26)
 */
public record HintErrors(boolean acceptStaleId, boolean stopWithoutLock, boolean discard) {
  public static final HintErrors NONE = new HintErrors(false, false, false);
}
