package aerostat.tools.fuzz;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether a guest goes back to its snapshot to the last byte. That is looked at after every
 * thousandth input, for it takes milliseconds; whose input left something behind is then found by
 * running those since the last look again, with a look after each.
 */
final class ResetCheck {
  static final String PROPERTY = "reset";
  static final int EVERY = 1_000;

  private final BootedGuest guest;
  private final byte[][] since = new byte[EVERY][];
  private int count;
  private boolean each;
  private @Nullable FuzzFinding held;

  ResetCheck(BootedGuest guest) {
    this.guest = guest;
  }

  /**
   * Looks after each input from here on, or no more. What earlier inputs have left behind is kept
   * for the time when it does so no more.
   *
   * @param again runs an input
   */
  void each(boolean on, Consumer<byte[]> again) {
    if (on && !each && count > 0) {
      held = look(again);
    }
    each = on;
  }

  /**
   * After an input.
   *
   * @param again runs an input
   * @return what was found, with the input that did it
   */
  @Nullable FuzzFinding after(byte[] input, Consumer<byte[]> again) {
    FuzzFinding found = held;
    if (found != null && !each) {
      held = null;
      return found;
    }
    since[count++] = input;
    return each || count == EVERY ? look(again) : null;
  }

  private @Nullable FuzzFinding look(Consumer<byte[]> again) {
    String difference = guest.difference();
    FuzzFinding found = difference == null ? null : culprit(difference, again);
    Arrays.fill(since, 0, count, null);
    count = 0;
    return found;
  }

  private FuzzFinding culprit(String seen, Consumer<byte[]> again) {
    if (count == 1) {
      return finding(seen).of(since[0]);
    }
    for (int i = 0; i < count; i++) {
      again.accept(since[i]);
      String difference = guest.difference();
      if (difference != null) {
        return finding(difference).of(since[i]);
      }
    }
    return finding(seen + ", and none of the last " + count + " inputs does that alone");
  }

  private static FuzzFinding finding(String difference) {
    return new FuzzFinding(PROPERTY, "not the snapshot again: " + difference);
  }
}
