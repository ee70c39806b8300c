package aerostat.devices.balloon;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How queues get their indexes when an optional one is absent (UAPI-05, UAPI-07). */
public enum QueueNumbering {
  /** The specification's: fixed indexes, with holes. */
  SPEC,
  /** QEMU's: the queues of offered features, one after the other. */
  DENSE_OFFERED,
  /** Linux's since 5.0: the queues of negotiated features, one after the other. */
  DENSE_NEGOTIATED;

  /** The name on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** By {@link #word}; underscores do as well. */
  public static Optional<QueueNumbering> named(String word) {
    String plain = word.replace('_', '-');
    return Arrays.stream(values()).filter(n -> n.word().equals(plain)).findFirst();
  }

  /**
   * The role of each index; null for an index without a queue.
   *
   * @param features offered, or negotiated where the numbering goes by them
   */
  List<@Nullable QueueRole> assign(long features) {
    List<@Nullable QueueRole> roles = new ArrayList<>();
    for (QueueRole role : QueueRole.values()) {
      if (role.exists(features)) {
        roles.add(role);
      } else if (this == SPEC) {
        roles.add(null);
      }
    }
    return roles;
  }
}
