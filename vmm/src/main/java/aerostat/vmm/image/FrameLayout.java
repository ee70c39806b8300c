package aerostat.vmm.image;

import java.util.List;

/**
 * What one frame of a stopped guest thread holds, at one resume site.
 *
 * @param words 64-bit words of the frame, the footer included; 1 to 65535
 * @param line source line of the site, 0 if the class file has none
 * @param slots contents from slot 0 up: operand stack items (bottom first), then live locals
 */
public record FrameLayout(int words, int line, List<Slot> slots) {
  public FrameLayout {
    slots = List.copyOf(slots);
    if (words != slots.size() + 1) {
      throw new IllegalArgumentException("frame of " + words + " words, slots " + slots.size());
    }
  }

  /**
   * One word of a frame.
   *
   * @param name the local's name as far as the class file tells it, {@code stack<n>} for an operand
   * @param type {@code I}, {@code J}, {@code F} or {@code D}; pointers are {@code J}
   */
  public record Slot(String name, char type) {}

  /** Bytes of the frame in guest RAM. */
  public int bytes() {
    return words * Long.BYTES;
  }
}
