package aerostat.devices.balloon;

import java.util.Arrays;
import java.util.Optional;

/** A switch of the balloon, named as on QEMU's command line; those with "x-" are our own. */
public enum BalloonProperty {
  /** Offers FREE_PAGE_HINT. */
  FREE_PAGE_HINT("free-page-hint"),
  /** Offers REPORTING (PAGE_REPORTING in the specification). */
  FREE_PAGE_REPORTING("free-page-reporting"),
  /** Offers PAGE_POISON. QEMU's default is on. */
  PAGE_POISON("page-poison"),
  /** Offers DEFLATE_ON_OOM. */
  DEFLATE_ON_OOM("deflate-on-oom"),
  /**
   * Writes junk over reported pages before the acknowledgement, instead of discarding them: the
   * specification allows it, and a driver that still uses such a page shows.
   */
  SCRIBBLE_REPORTED("x-scribble-reported");

  private final String word;

  BalloonProperty(String word) {
    this.word = word;
  }

  /** The name on the command line. */
  public String word() {
    return word;
  }

  /** By {@link #word}, with the specification's spelling of hinting, and with underscores. */
  public static Optional<BalloonProperty> named(String word) {
    String plain = word.replace('_', '-');
    return plain.equals("free-page-hinting")
        ? Optional.of(FREE_PAGE_HINT)
        : Arrays.stream(values()).filter(p -> p.word.equals(plain)).findFirst();
  }
}
