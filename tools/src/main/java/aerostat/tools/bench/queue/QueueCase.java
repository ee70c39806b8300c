package aerostat.tools.bench.queue;

import aerostat.mmio.virtio.Virtio;
import java.util.ArrayList;
import java.util.List;

/** What is measured; ringtest's counterpart beside it. */
enum QueueCase {
  SPLIT("split, round trip", Path.RING, 0, 1, 0),
  SPLIT_STREAM("split, streaming", Path.RING, 0, QueueCase.RING_SIZE, 0),
  PACKED("packed, round trip", Path.RING, Virtio.F_RING_PACKED, 1, 0),
  PACKED_STREAM("packed, streaming", Path.RING, Virtio.F_RING_PACKED, QueueCase.RING_SIZE, 0),
  DEVICE("split, transport, round trip", Path.DEVICE, 0, 1, 0),
  DEVICE_STREAM("split, transport, streaming", Path.DEVICE, 0, QueueCase.RING_SIZE, 0),
  NOTIFIED("split, notified, round trip", Path.NOTIFIED, 0, 1, 1),
  NOTIFIED_STREAM(
      "split, notified, streaming", Path.NOTIFIED, 0, QueueCase.RING_SIZE, QueueCase.BATCH),
  EVENT("split, event index, round trip", Path.NOTIFIED, Virtio.F_EVENT_IDX, 1, 1),
  EVENT_STREAM(
      "split, event index, streaming",
      Path.NOTIFIED,
      Virtio.F_EVENT_IDX,
      QueueCase.RING_SIZE,
      QueueCase.BATCH),
  PACKED_EVENT(
      "packed, event index, round trip",
      Path.NOTIFIED,
      Virtio.F_RING_PACKED | Virtio.F_EVENT_IDX,
      1,
      1),
  PACKED_EVENT_STREAM(
      "packed, event index, streaming",
      Path.NOTIFIED,
      Virtio.F_RING_PACKED | Virtio.F_EVENT_IDX,
      QueueCase.RING_SIZE,
      QueueCase.BATCH);

  /** Entries, as ringtest's default. */
  static final int RING_SIZE = 256;

  /** Buffers for one notification where buffers stream. */
  static final int BATCH = 16;

  /** How much of the device stands behind the ring. */
  enum Path {
    /** A thread that takes and returns elements without a pause. */
    RING,
    /** The same through the transport's step, with the machine lock held for each element. */
    DEVICE,
    /** The I/O thread of a machine, which sleeps when there is nothing to do. */
    NOTIFIED
  }

  private final String title;
  private final Path path;
  private final long features;
  private final int outstanding;
  private final int batch;

  QueueCase(String title, Path path, long features, int outstanding, int batch) {
    this.title = title;
    this.path = path;
    this.features = features;
    this.outstanding = outstanding;
    this.batch = batch;
  }

  String title() {
    return title;
  }

  Path path() {
    return path;
  }

  /** Offered beside VERSION_1. */
  long features() {
    return features;
  }

  /** Buffers in flight at most. */
  int outstanding() {
    return outstanding;
  }

  /** Buffers for one notification, 0 where there is none. */
  int batch() {
    return batch;
  }

  boolean packed() {
    return (features & Virtio.F_RING_PACKED) != 0;
  }

  boolean streams() {
    return outstanding > 1;
  }

  /** Arguments of ringtest for the same load. */
  List<String> ringtestArguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add("--ring-size=" + RING_SIZE);
    if (!streams()) {
      arguments.add("--outstanding=1");
    }
    if (path == Path.NOTIFIED) {
      arguments.add("--sleep");
      arguments.add("--batch=" + batch);
    }
    return arguments;
  }
}
