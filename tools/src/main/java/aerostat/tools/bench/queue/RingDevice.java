package aerostat.tools.bench.queue;

import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.VirtioDevice;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import aerostat.tools.bench.kernels.Rings;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A device that returns every buffer as it is, and whose config space tells the guest how many to
 * send next. First runs of a fixed time to warm up, then those that count, each about as long as
 * another.
 */
final class RingDevice implements VirtioDevice {
  private static final int FIRST_RUN = 2_000;
  private static final int LONGEST_RUN = 1 << 30;

  private final QueueCase what;
  private final Schedule schedule;
  private final Runnable onVcpu;
  private final List<Double> nanos = new ArrayList<>();
  private @Nullable VirtioPort port;
  private int buffers = FIRST_RUN;
  private long firstBegan;
  private long began;
  private double fastest = Double.MAX_VALUE;
  private boolean pinned;
  private volatile boolean ready;
  private volatile boolean over;

  /**
   * How long.
   *
   * @param warmUpNanos before the first run that counts
   * @param runNanos of each that counts, about
   * @param runs that count
   */
  record Schedule(long warmUpNanos, long runNanos, int runs) {}

  /**
   * @param onVcpu called once on the vCPU's thread, before the first run
   */
  RingDevice(QueueCase what, Schedule schedule, Runnable onVcpu) {
    this.what = what;
    this.schedule = schedule;
    this.onVcpu = onVcpu;
  }

  VirtioPort port() {
    return Objects.requireNonNull(port, "no transport yet");
  }

  /** The driver is there. */
  boolean ready() {
    return ready;
  }

  /** The last run that counts is over. */
  boolean over() {
    return over;
  }

  /** ns a buffer of each run that counted; once it is over. */
  List<Double> nanos() {
    return nanos;
  }

  @Override
  public int readConfig(int offset, int width) {
    return switch (offset) {
      case Rings.BUFFERS -> over ? 0 : buffers;
      case Rings.OUTSTANDING -> what.outstanding();
      case Rings.BATCH -> what.batch();
      default -> 0;
    };
  }

  @Override
  public void writeConfig(int offset, int width, int value) {
    if (value == Rings.BEGIN) {
      begin();
    } else {
      end(System.nanoTime());
    }
  }

  private void begin() {
    if (!pinned) {
      pinned = true;
      onVcpu.run();
      firstBegan = System.nanoTime();
    }
    began = System.nanoTime();
  }

  private void end(long now) {
    double perBuffer = (double) (now - began) / buffers;
    if (began - firstBegan >= schedule.warmUpNanos()) {
      nanos.add(perBuffer);
    }
    // By the fastest: a run that was disturbed must not make the next ones short.
    fastest = Math.min(fastest, perBuffer);
    buffers = (int) Math.clamp(schedule.runNanos() / fastest, FIRST_RUN, LONGEST_RUN);
    over = nanos.size() == schedule.runs();
  }

  @Override
  public boolean handle(int queue, Virtqueue virtqueue) {
    DescriptorChain chain = virtqueue.pop();
    if (chain == null) {
      return false;
    }
    virtqueue.push(chain.head(), 0);
    return true;
  }

  @Override
  public boolean polls(int queue) {
    return what.path() != QueueCase.Path.NOTIFIED;
  }

  @Override
  public void driverReady() {
    ready = true;
  }

  @Override
  public int deviceId() {
    return Rings.DEVICE_ID;
  }

  @Override
  public long offeredFeatures() {
    return 0;
  }

  @Override
  public long transportOptions() {
    return what.features();
  }

  @Override
  public int queueCount() {
    return 1;
  }

  @Override
  public int queueSizeMax(int queue) {
    return QueueCase.RING_SIZE;
  }

  @Override
  public int configSize() {
    return Rings.CONFIG_SIZE;
  }

  @Override
  public void attach(VirtioPort newPort) {
    port = newPort;
  }

  @Override
  public void reset() {
    ready = false;
  }
}
