package aerostat.devices.balloon;

import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which queue an index is. Before the features are agreed, and always in a numbering that does not
 * go by them, what is offered decides.
 */
final class QueueMap {
  private final QueueNumbering numbering;
  private final long offered;
  private final List<@Nullable QueueRole> byOffered;
  private long negotiated;
  private List<@Nullable QueueRole> byNegotiated = List.of();

  QueueMap(QueueNumbering numbering, long offered) {
    this.numbering = numbering;
    this.offered = offered;
    this.byOffered = numbering.assign(offered);
  }

  /** Queue indexes that can exist, holes included. */
  int count() {
    return byOffered.size();
  }

  /**
   * What a queue is for.
   *
   * @param features agreed; 0 before
   * @return null for an index without a queue
   */
  @Nullable QueueRole role(int index, long features) {
    List<@Nullable QueueRole> roles = roles(features);
    return index < roles.size() ? roles.get(index) : null;
  }

  /** The index of a queue, -1 where there is none. */
  int index(QueueRole role, long features) {
    return roles(features).indexOf(role);
  }

  private List<@Nullable QueueRole> roles(long features) {
    if (numbering != QueueNumbering.DENSE_NEGOTIATED || features == 0) {
      return byOffered;
    }
    if (features != negotiated) {
      negotiated = features;
      byNegotiated = numbering.assign(features);
    }
    return byNegotiated;
  }

  /** Whether an index may be a queue whose writable descriptors only name ranges. */
  boolean mayNameRanges(int index) {
    if (numbering == QueueNumbering.DENSE_NEGOTIATED) {
      return index >= QueueRole.STATS.ordinal(); // without statistics hints come on their index
    }
    QueueRole role = role(index, 0);
    return role != null && role.ranges;
  }

  /**
   * What is wrong with the queues that a driver has set up, when it says that it is ready: a queue
   * of a feature that was not agreed means that it counts its queues in another way (EDGE-02).
   *
   * @param used whether the queue of an index was set up
   * @return null if nothing is
   */
  @Nullable String mismatch(long features, IntPredicate used) {
    for (int index = 0; index < count(); index++) {
      QueueRole role = role(index, features);
      if (role != null && used.test(index) && !role.exists(features)) {
        return "queue "
            + index
            + " is "
            + role.queueName
            + " in numbering "
            + numbering.word()
            + ", but its feature was not negotiated (offered 0x"
            + Long.toHexString(offered)
            + ", negotiated 0x"
            + Long.toHexString(features)
            + "): the driver numbers its queues otherwise";
      }
    }
    return null;
  }
}
