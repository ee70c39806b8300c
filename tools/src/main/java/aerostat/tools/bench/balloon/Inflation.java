package aerostat.tools.bench.balloon;

import aerostat.tools.child.ChildFailure;
import java.io.IOException;

/**
 * One inflation and deflation of touched memory.
 *
 * @param inflateMillis from the command until the balloon is full
 * @param deflateMillis from the command until it is empty
 * @param processorMillis of the whole VMM process for both
 * @param residentBefore bytes of RAM in host memory
 * @param residentInflated likewise, with the balloon full
 */
record Inflation(
    double inflateMillis,
    double deflateMillis,
    double processorMillis,
    long residentBefore,
    long residentInflated) {
  static Inflation once(long size) throws IOException, ChildFailure {
    try (TouchedGuest guest = TouchedGuest.boot(size, size, "free-page-hint=off")) {
      long before = guest.pages("resident-bytes");
      double processor = guest.processorMillis();
      double inflate = guest.inflateTo(size);
      long inflated = guest.pages("resident-bytes");
      double deflate = guest.inflateTo(0);
      return new Inflation(inflate, deflate, guest.processorMillis() - processor, before, inflated);
    }
  }

  double bothMillis() {
    return inflateMillis + deflateMillis;
  }
}
