package aerostat.guest.balloon;

import java.util.List;

/** What tests of hinting variants look at. */
final class HintRig {
  private HintRig() {}

  static final int ID = 0x80000001;
  static final String START = "id 2147483649";
  static final String NEXT = "id 2147483650";
  static final String STOP = "id 0";
  static final String BLOCK = "block";

  static long hintFeatures() {
    return BalloonFixture.features(BalloonIds.F_STATS_VQ, BalloonIds.F_FREE_PAGE_HINT);
  }

  static Hinting hinting() {
    return BalloonFixture.balloon().hinting();
  }

  static long heldBlocks() {
    return hinting().numUnused() + hinting().numUsed();
  }

  /** Ids and blocks as they came, many blocks in a row as one. */
  static List<String> sequence(ModelBalloon model) {
    List<String> hints = new java.util.ArrayList<>();
    for (String event : model.events) {
      boolean hint = event.startsWith("id") || event.equals(BLOCK);
      if (hint && !(event.equals(BLOCK) && !hints.isEmpty() && hints.getLast().equals(BLOCK))) {
        hints.add(event);
      }
    }
    return hints;
  }

  static String variant(String name) {
    return "virtio_balloon.variant=" + name;
  }
}
