package aerostat.devices.balloon;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How queues get their indexes when an optional one is absent (UAPI-07). */
public enum QueueNumbering {
  /** The specification's: fixed indexes, with holes. */
  SPEC {
    @Override
    List<@Nullable QueueRole> assign(long offered) {
      List<@Nullable QueueRole> roles = new ArrayList<>();
      for (QueueRole role : QueueRole.values()) {
        roles.add(role.exists(offered) ? role : null);
      }
      return roles;
    }
  },
  /** QEMU's: only the queues of offered features, one after the other. */
  DENSE_OFFERED {
    @Override
    List<@Nullable QueueRole> assign(long offered) {
      List<@Nullable QueueRole> roles = new ArrayList<>();
      for (QueueRole role : QueueRole.values()) {
        if (role.exists(offered)) {
          roles.add(role);
        }
      }
      return roles;
    }
  };

  /** The role of each index; null for an index without a queue. */
  abstract List<@Nullable QueueRole> assign(long offered);
}
