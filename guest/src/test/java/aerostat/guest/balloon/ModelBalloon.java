package aerostat.guest.balloon;

import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainMachine;
import aerostat.guest.virtio.ModelDevice;
import aerostat.guest.virtio.VirtioIds;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * A balloon device over the model device: acknowledges pfn messages, keeps the statistics buffer,
 * follows the hint state machine of DEV-12 to DEV-19, and writes down what happened.
 */
final class ModelBalloon {
  enum Hint {
    STOP,
    REQUESTED,
    START,
    DONE
  }

  final ModelDevice device;
  final List<String> events = new ArrayList<>();
  final Set<Integer> held = new HashSet<>();
  final List<List<Integer>> inflated = new ArrayList<>();
  final List<List<Integer>> deflated = new ArrayList<>();

  /** Addresses that were hinted while in START, and those that came otherwise. */
  final List<Long> hinted = new ArrayList<>();

  /** Bytes that were hinted while in START. */
  long hintedBytes;

  final List<Long> ignored = new ArrayList<>();
  Hint state = Hint.STOP;
  int id;

  private static final int VQ_LIMIT = 5;

  /** No notification is served while set; see {@link #serve}. */
  boolean stalled;

  /** Hinted blocks are looked at and not given back; {@link #giveBack} does. */
  boolean keepBlocks;

  private final List<Integer> kept = new ArrayList<>();

  void giveBack() {
    kept.forEach(head -> device.push(hintQueue, head, 0));
    kept.clear();
  }

  /** Runs after each hinted block. */
  Runnable onHint = () -> {};

  /** Pieces of each report. */
  final List<List<ModelDevice.Piece>> reports = new ArrayList<>();

  private final int statsQueue;
  private final int hintQueue;
  private final int reportQueue;
  private int statsHead = -1;

  /** Queues are dense over the offered features, as QEMU's. */
  ModelBalloon(long features, int hintSize, int reportSize) {
    this(
        features,
        has(features, BalloonIds.F_STATS_VQ) ? 2 : -1,
        has(features, BalloonIds.F_FREE_PAGE_HINT) ? dense(features, 3) : -1,
        has(features, BalloonIds.F_REPORTING) ? dense(features, 4) : -1,
        hintSize,
        reportSize);
  }

  /** Each queue has the index given, -1 for none. */
  ModelBalloon(long features, int stats, int hint, int report, int hintSize, int reportSize) {
    statsQueue = stats;
    hintQueue = hint;
    reportQueue = report;
    int[] sizes = new int[VQ_LIMIT];
    sizes[0] = 128;
    sizes[1] = 128;
    set(sizes, statsQueue, 128);
    set(sizes, hintQueue, hintSize);
    set(sizes, reportQueue, reportSize);
    device = new ModelDevice(VirtioIds.ID_BALLOON, sizes);
    device.offered |= features;
    device.onReset = () -> statsHead = -1;
    device.onNotify =
        queue -> {
          if ((device.status & VirtioIds.STATUS_DRIVER_OK) == 0) {
            throw new AssertionError("BASE-DRV-29: kick before DRIVER_OK");
          }
          if (!stalled) {
            serve(queue);
          }
        };
  }

  ModelBalloon(long features) {
    this(features, 1024);
  }

  ModelBalloon(long features, int hintSize) {
    this(features, hintSize, 32);
  }

  private static void set(int[] sizes, int queue, int size) {
    if (queue >= 0) {
      sizes[queue] = size;
    }
  }

  private static boolean has(long features, int bit) {
    return (features & VirtioIds.bit(bit)) != 0;
  }

  private static int dense(long features, int slot) {
    int index = has(features, BalloonIds.F_STATS_VQ) ? 3 : 2;
    return slot == 4 && has(features, BalloonIds.F_FREE_PAGE_HINT) ? index + 1 : index;
  }

  int reportQueue() {
    return reportQueue;
  }

  void setTarget(int pages) {
    device.setConfig32(0, pages);
    device.configChanged();
    PlainMachine.safepoint();
  }

  int actual() {
    return device.config32(4);
  }

  void request(int newId) {
    id = newId;
    setState(Hint.REQUESTED, newId);
  }

  void stop() {
    setState(Hint.STOP, 0);
  }

  void done() {
    setState(Hint.DONE, 1);
  }

  private void setState(Hint next, int shown) {
    state = next;
    device.setConfig32(8, shown);
    device.configChanged();
    PlainMachine.safepoint();
  }

  /** Takes all buffers of a queue. */
  void serve(int queue) {
    for (ModelDevice.Buffer b = device.pop(queue); b != null; b = device.pop(queue)) {
      if (queue == 0 || queue == 1) {
        pfns(queue, b);
        device.push(queue, b.head(), 0);
      } else if (queue == statsQueue) {
        takeStats(b);
      } else if (queue == reportQueue) {
        reports.add(b.pieces());
        device.push(queue, b.head(), 0);
      } else {
        hint(b);
        if (keepBlocks && b.pieces().getFirst().writable()) {
          kept.add(b.head());
        } else {
          device.push(queue, b.head(), 0);
        }
      }
    }
  }

  void serveHints() {
    serve(hintQueue);
  }

  private void pfns(int queue, ModelDevice.Buffer b) {
    List<Integer> pfns = new ArrayList<>();
    for (ModelDevice.Piece p : b.pieces()) {
      if (p.writable() || p.length() % 4 != 0 || p.length() > 1024) {
        throw new AssertionError("bad pfn buffer " + p);
      }
      for (int i = 0; i < p.length(); i += 4) {
        pfns.add(Memory.load32(p.address() + i));
      }
    }
    for (int pfn : pfns) {
      if (queue == 0 ? !held.add(pfn) : !held.remove(pfn)) {
        throw new AssertionError((queue == 0 ? "inflated twice " : "deflated unheld ") + pfn);
      }
    }
    (queue == 0 ? inflated : deflated).add(pfns);
    events.add((queue == 0 ? "inflate " : "deflate ") + pfns.size());
  }

  private void takeStats(ModelDevice.Buffer b) {
    if (statsHead >= 0) {
      throw new AssertionError("BALLOON-DRV-16: two statistics buffers");
    }
    statsHead = b.head();
    events.add("stats " + b.pieces().getFirst().length());
    TreeMap<Integer, Long> values = new TreeMap<>();
    tags.clear();
    long at = b.pieces().getFirst().address();
    for (int i = 0; i < b.pieces().getFirst().length(); i += 10) {
      tags.add(Memory.load16(at + i));
      values.put(tags.getLast(), Memory.load64(at + i + 2));
    }
    stats = values;
  }

  /** Tags and values of the last statistics buffer. */
  TreeMap<Integer, Long> stats = new TreeMap<>();

  /** The tags as they stand in the buffer. */
  final List<Integer> tags = new ArrayList<>();

  boolean hasStats() {
    return statsHead >= 0;
  }

  /** Asks for new statistics. */
  void requestStats() {
    int head = statsHead;
    statsHead = -1;
    device.push(statsQueue, head, 0);
    PlainMachine.safepoint();
  }

  private void hint(ModelDevice.Buffer b) {
    for (ModelDevice.Piece p : b.pieces()) {
      if (!p.writable()) {
        if (p.length() != 4) {
          throw new AssertionError("HINT-15: id of " + p.length() + " bytes");
        }
        int word = Memory.load32(p.address());
        events.add("id " + Integer.toUnsignedString(word));
        if (state == Hint.REQUESTED && word == id) {
          state = Hint.START;
          device.setConfig32(8, 0); // HINT-18: the field reads 0 while in START
        } else if (state == Hint.START) {
          state = Hint.STOP;
        }
      } else {
        (state == Hint.START ? hinted : ignored).add(p.address());
        hintedBytes += state == Hint.START ? p.length() : 0;
        events.add("block");
        onHint.run();
      }
    }
  }
}
