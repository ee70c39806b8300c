package aerostat.vmm.migration.destination;

import aerostat.vmm.migration.wire.Link;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Connections of which nobody knows yet what they want. There is room for a few; when one too many
 * comes, the one that has been silent longest has to go, so that no number of them keeps a guest
 * waiting. Thread-safe.
 */
final class Doorstep {
  private static final int ROOM = 8;

  private final Set<Link> silent = new LinkedHashSet<>();
  private boolean closed;

  /** A new one; turns the oldest away if there is no room. */
  void enter(Link link) {
    Link oldest = null;
    boolean late;
    synchronized (this) {
      late = closed;
      if (silent.size() >= ROOM) {
        oldest = silent.iterator().next();
        silent.remove(oldest);
      }
      silent.add(link);
    }
    if (oldest != null) {
      turnAway(oldest);
    }
    if (late) {
      link.close();
    }
  }

  /** It has said what it wants, or is gone. */
  synchronized void leave(@Nullable Link link) {
    silent.remove(link);
  }

  /** All have to go, and whoever comes later. */
  void close() {
    Set<Link> all;
    synchronized (this) {
      closed = true;
      all = new LinkedHashSet<>(silent);
    }
    all.forEach(Link::close);
  }

  private static void turnAway(Link link) {
    link.refuse("too many connections that say nothing");
    link.close();
  }
}
