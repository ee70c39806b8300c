package aerostat.mmio.mock;

import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.Virtio;
import aerostat.mmio.virtio.VirtioDevice;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A virtio device that records what a driver does and answers as told. Put it behind a transport;
 * wrap the transport in {@link RecordingRegisters} to see the register accesses too. Calls need the
 * machine lock, as for every device. Its recordings are the script's, not part of the flat state.
 */
public final class MockDevice implements VirtioDevice {
  /** Bytes of a readable part that are recorded at most. */
  public static final int MAX_RECORDED_BYTES = 64 << 10;

  /** Elements and config writes that are recorded at most; later ones are dropped. */
  public static final int MAX_RECORDS = 100_000;

  /**
   * An element that came.
   *
   * @param readable its readable bytes, at most {@link #MAX_RECORDED_BYTES}
   * @param writable lengths of its writable parts
   */
  public record Element(int queue, int head, byte[] readable, List<Range> writable) {}

  /** A writable part. */
  public record Range(long address, long length) {}

  /** A write to the config space. */
  public record ConfigWrite(int offset, int width, int value) {}

  /** What to do with an element. */
  public sealed interface Reply {
    /** Writes bytes into the writable part and returns the element with that length. */
    record Answer(byte[] bytes) implements Reply {}

    /** Returns the element with any length, true or not. */
    record UsedLength(long length) implements Reply {}

    /** Keeps it until {@link MockDevice#release}. */
    record Hold() implements Reply {}
  }

  /** The script of a queue. */
  @FunctionalInterface
  public interface Script {
    Reply reply(Element element);
  }

  private static final Script RETURN_AT_ONCE = element -> new Reply.UsedLength(0);

  private final int deviceId;
  private final long offered;
  private final int[] queueSizes;
  private final byte[] config;
  private final Map<Integer, Script> scripts = new HashMap<>();
  private final List<Element> elements = new ArrayList<>();
  private final List<ConfigWrite> configWrites = new ArrayList<>();
  private final List<Long> featureOffers = new ArrayList<>();
  private long mustAccept;
  private long transportOptions = Virtio.F_INDIRECT_DESC | Virtio.F_EVENT_IDX;
  private int resets;
  private boolean stalled;
  private @Nullable VirtioPort port;

  /**
   * @param offered features of the device type
   * @param config first contents of the config space; the driver may write all of it
   * @param queueSizes largest size of each queue; 0 = no such queue
   */
  public MockDevice(int deviceId, long offered, byte[] config, int... queueSizes) {
    this.deviceId = deviceId;
    this.offered = offered;
    this.config = config.clone();
    this.queueSizes = queueSizes.clone();
  }

  // ---- scripts ----

  /** Sets what a queue does; at first every element comes back at once with length 0. */
  public void script(int queue, Script script) {
    scripts.put(queue, script);
  }

  /** While stalled the device takes nothing from any queue. */
  public void stall(boolean stall) {
    stalled = stall;
    if (!stall) {
      for (int i = 0; i < queueSizes.length; i++) {
        port().kick(i);
      }
    }
  }

  /** What the transport offers, of {@link Virtio#TRANSPORT_OPTIONS}. Before a driver comes. */
  public MockDevice transport(long options) {
    transportOptions = options;
    return this;
  }

  /** FEATURES_OK is refused unless all these bits were accepted. */
  public void requireFeatures(long bits) {
    mustAccept = bits;
  }

  /** Returns an element that was held. */
  public void release(int queue, int head, long length) {
    port().queue(queue).push(head, length);
  }

  /** Changes the config space and tells the driver. */
  public void changeConfig(int offset, int width, int value) {
    store(offset, width, value);
    port().configChanged();
  }

  /** Breaks the device, as a real one does when it finds a violation. */
  public void fail(String reason) {
    port().needsReset(reason);
  }

  public VirtioPort port() {
    return Objects.requireNonNull(port, "no transport yet");
  }

  // ---- recordings ----

  public List<Element> elements() {
    return List.copyOf(elements);
  }

  public List<Element> elements(int queue) {
    return elements.stream().filter(e -> e.queue() == queue).toList();
  }

  public List<ConfigWrite> configWrites() {
    return List.copyOf(configWrites);
  }

  /** Feature sets that were put to the device with FEATURES_OK, accepted or not. */
  public List<Long> featureOffers() {
    return List.copyOf(featureOffers);
  }

  public int resets() {
    return resets;
  }

  // ---- the device ----

  @Override
  public int deviceId() {
    return deviceId;
  }

  @Override
  public long offeredFeatures() {
    return offered;
  }

  @Override
  public long transportOptions() {
    return transportOptions;
  }

  @Override
  public int queueCount() {
    return queueSizes.length;
  }

  @Override
  public int queueSizeMax(int queue) {
    return queueSizes[queue];
  }

  @Override
  public int configSize() {
    return config.length;
  }

  @Override
  public int readConfig(int offset, int width) {
    int value = 0;
    for (int i = 0; i < width; i++) {
      value |= (config[offset + i] & 0xff) << (8 * i);
    }
    return value;
  }

  @Override
  public void writeConfig(int offset, int width, int value) {
    if (configWrites.size() < MAX_RECORDS) {
      configWrites.add(new ConfigWrite(offset, width, value));
    }
    store(offset, width, value);
  }

  private void store(int offset, int width, int value) {
    for (int i = 0; i < width; i++) {
      config[offset + i] = (byte) (value >>> (8 * i));
    }
  }

  @Override
  public void attach(VirtioPort newPort) {
    port = newPort;
  }

  @Override
  public boolean acceptsFeatures(long features) {
    if (featureOffers.size() < MAX_RECORDS) {
      featureOffers.add(features);
    }
    return (features & mustAccept) == mustAccept;
  }

  @Override
  public boolean handle(int queue, Virtqueue virtqueue) {
    if (stalled) {
      return false;
    }
    DescriptorChain chain = virtqueue.pop();
    if (chain == null) {
      return false;
    }
    Element element = record(queue, chain);
    switch (scripts.getOrDefault(queue, RETURN_AT_ONCE).reply(element)) {
      case Reply.Answer answer -> {
        byte[] bytes = answer.bytes();
        long written = chain.write(port().memory(), MemorySegment.ofArray(bytes), bytes.length);
        virtqueue.push(chain.head(), written);
      }
      case Reply.UsedLength used -> virtqueue.push(chain.head(), used.length());
      case Reply.Hold hold -> {}
    }
    return true;
  }

  private Element record(int queue, DescriptorChain chain) {
    byte[] readable = new byte[(int) Math.min(chain.readableBytes(), MAX_RECORDED_BYTES)];
    MemorySegment target = MemorySegment.ofArray(readable);
    chain.read(port().memory(), 0, target, readable.length);
    List<Range> writable = new ArrayList<>();
    for (int i = 0; i < chain.writables(); i++) {
      writable.add(new Range(chain.writableAddress(i), chain.writableLength(i)));
    }
    Element element = new Element(queue, chain.head(), readable, List.copyOf(writable));
    if (elements.size() < MAX_RECORDS) {
      elements.add(element);
    }
    return element;
  }

  @Override
  public void reset() {
    resets++;
  }
}
