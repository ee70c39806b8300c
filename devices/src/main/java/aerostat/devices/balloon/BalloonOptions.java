package aerostat.devices.balloon;

import java.util.EnumSet;
import java.util.Set;

/**
 * What the balloon offers. Statistics and NO_BALLOON are always offered.
 *
 * @param properties that are on
 * @param queueNumbering which index each queue has
 */
public record BalloonOptions(Set<BalloonProperty> properties, QueueNumbering queueNumbering) {
  /** QEMU's, but with hinting and without page poison. */
  public static final BalloonOptions DEFAULT = new BalloonOptions(true, false, false, false);

  public BalloonOptions {
    properties = Set.copyOf(properties);
  }

  /**
   * Whether they go together; a balloon is not built of others.
   *
   * @throws IllegalArgumentException that names the two that do not
   */
  public void check() {
    if (has(BalloonProperty.GET_FREE_PAGES) && has(BalloonProperty.FREE_PAGE_HINT)) {
      throw new IllegalArgumentException(
          "balloon: get-free-pages and free-page-hint are one feature bit: switch one off");
    }
    if (has(BalloonProperty.GET_FREE_PAGES) && has(BalloonProperty.IN_ORDER)) {
      throw new IllegalArgumentException(
          "balloon: get-free-pages keeps a request while it uses replies, which in-order forbids");
    }
    needs(BalloonProperty.REQUEST_ID, BalloonProperty.GET_FREE_PAGES);
    needs(BalloonProperty.DROP_LOCK, BalloonProperty.REQUEST_ID);
    needs(BalloonProperty.DISCARD_FREE_PAGES, BalloonProperty.GET_FREE_PAGES);
    needs(BalloonProperty.CLEAN_FREE_PAGES, BalloonProperty.GET_FREE_PAGES);
    needs(BalloonProperty.INFLATE_DEFLATE, BalloonProperty.PAGE_BITMAP);
  }

  private void needs(BalloonProperty property, BalloonProperty other) {
    if (has(property) && !has(other)) {
      throw new IllegalArgumentException(
          "balloon: " + property.word() + " is nothing without " + other.word());
    }
  }

  /** The properties that QEMU has, and its queue numbers. */
  public BalloonOptions(
      boolean freePageHint, boolean freePageReporting, boolean pagePoison, boolean deflateOnOom) {
    this(
        set(freePageHint, freePageReporting, pagePoison, deflateOnOom),
        QueueNumbering.DENSE_OFFERED);
  }

  private static Set<BalloonProperty> set(
      boolean hint, boolean reporting, boolean poison, boolean oom) {
    EnumSet<BalloonProperty> set = EnumSet.noneOf(BalloonProperty.class);
    put(set, BalloonProperty.FREE_PAGE_HINT, hint);
    put(set, BalloonProperty.FREE_PAGE_REPORTING, reporting);
    put(set, BalloonProperty.PAGE_POISON, poison);
    put(set, BalloonProperty.DEFLATE_ON_OOM, oom);
    put(set, BalloonProperty.INDIRECT_DESC, true);
    put(set, BalloonProperty.EVENT_IDX, true);
    return set;
  }

  private static void put(Set<BalloonProperty> set, BalloonProperty property, boolean on) {
    if (on) {
      set.add(property);
    } else {
      set.remove(property);
    }
  }

  public boolean has(BalloonProperty property) {
    return properties.contains(property);
  }

  /** These options with one property on or off. */
  public BalloonOptions with(BalloonProperty property, boolean on) {
    EnumSet<BalloonProperty> changed = EnumSet.noneOf(BalloonProperty.class);
    changed.addAll(properties);
    put(changed, property, on);
    return new BalloonOptions(changed, queueNumbering);
  }

  public BalloonOptions with(QueueNumbering numbering) {
    return new BalloonOptions(properties, numbering);
  }

  /** As on the command line: the same for equal options. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (BalloonProperty property : BalloonProperty.values()) {
      text.append(property.word()).append(has(property) ? "=on," : "=off,");
    }
    return text.append("queue-numbering=").append(queueNumbering.word()).toString();
  }
}
