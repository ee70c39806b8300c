package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.machine.Ops;

/** A device on the virtio bus (Linux's struct virtio_device), in guest memory. */
public record VirtioDevice(long address) {
  /** Bytes of the structure. */
  public static final int SIZE = 88;

  private static final int INDEX = 0;
  private static final int DEVICE_ID = 4;
  private static final int VENDOR_ID = 8;
  private static final int CONFIG_ENABLED = 12;
  private static final int CONFIG_PENDING = 16;
  private static final int LOST = 20;
  private static final int FEATURES = 24;
  private static final int CONFIG = 32;
  private static final int DRIVER = 40;
  private static final int PRIVATE = 48;
  private static final int TRANSPORT = 56;
  private static final int QUEUES = 64;
  private static final int NEXT = 72;
  private static final int OFFERED = 80;

  /** The device at {@code address}, null for 0. */
  public static VirtioDevice ofNullable(long address) {
    return address == 0 ? null : new VirtioDevice(address);
  }

  /** Its number on the bus: the 0 of "virtio0". */
  public int index() {
    return load32(address + INDEX);
  }

  void setIndex(int index) {
    store32(address + INDEX, index);
  }

  public int deviceId() {
    return load32(address + DEVICE_ID);
  }

  public int vendorId() {
    return load32(address + VENDOR_ID);
  }

  void setIds(int device, int vendor) {
    store32(address + DEVICE_ID, device);
    store32(address + VENDOR_ID, vendor);
  }

  /** Whether the driver may be told of config changes yet. */
  boolean configEnabled() {
    return load32(address + CONFIG_ENABLED) != 0;
  }

  void setConfigEnabled(boolean enabled) {
    store32(address + CONFIG_ENABLED, enabled ? 1 : 0);
  }

  /** A config change arrived while the driver could not be told. */
  boolean configPending() {
    return load32(address + CONFIG_PENDING) != 0;
  }

  void setConfigPending(boolean pending) {
    store32(address + CONFIG_PENDING, pending ? 1 : 0);
  }

  /**
   * A reset of it has failed: it may use for ever what it was given, so that must stay as it is,
   * and the device gets nothing more.
   */
  public boolean isLost() {
    return load32(address + LOST) != 0;
  }

  void setLost() {
    store32(address + LOST, 1);
  }

  /** The features negotiated so far. */
  public long features() {
    return load64(address + FEATURES);
  }

  void setFeatures(long features) {
    store64(address + FEATURES, features);
  }

  /** Whether the device offered the feature bit, accepted or not, at the last probe. */
  public boolean offers(int feature) {
    return (load64(address + OFFERED) & VirtioIds.bit(feature)) != 0;
  }

  void setOffered(long features) {
    store64(address + OFFERED, features);
  }

  /** Whether the feature bit is negotiated (virtio_has_feature). */
  public boolean hasFeature(int feature) {
    return (features() & VirtioIds.bit(feature)) != 0;
  }

  /** Gives a feature up: for {@link VirtioDriver#validate} (__virtio_clear_bit). */
  public void clearFeature(int feature) {
    setFeatures(features() & ~VirtioIds.bit(feature));
  }

  /** The transport's operations. */
  public VirtioConfigOps config() {
    return Ops.of(load64(address + CONFIG));
  }

  void setConfig(VirtioConfigOps config) {
    store64(address + CONFIG, Ops.id(config));
  }

  /** The driver bound to it, null without. */
  public VirtioDriver driver() {
    return Ops.of(load64(address + DRIVER));
  }

  void setDriver(VirtioDriver driver) {
    store64(address + DRIVER, Ops.id(driver));
  }

  /** The driver's own structure, 0 without. */
  public long priv() {
    return load64(address + PRIVATE);
  }

  public void setPriv(long priv) {
    store64(address + PRIVATE, priv);
  }

  /** The transport's own structure. */
  long transport() {
    return load64(address + TRANSPORT);
  }

  void setTransport(long transport) {
    store64(address + TRANSPORT, transport);
  }

  /** First of the device's queues, null without. */
  Virtqueue firstQueue() {
    return Virtqueue.ofNullable(load64(address + QUEUES));
  }

  void setFirstQueue(long queue) {
    store64(address + QUEUES, queue);
  }

  /** A lost device's queues are nobody's any more, but stay where they are. */
  public void abandonQueues() {
    VirtioBus.breakDevice(this);
    setFirstQueue(0);
  }

  /** The next device of the bus, null at the end. */
  public VirtioDevice next() {
    return ofNullable(load64(address + NEXT));
  }

  void setNext(long next) {
    store64(address + NEXT, next);
  }

  /** Sets a status bit beside those that are set (virtio_add_status, BASE-DRV-02). */
  void addStatus(int bit) {
    VirtioConfigOps config = config();
    config.setStatus(this, config.status(this) | bit);
  }

  /** Whether the driver has said that it is ready. */
  public boolean isReady() {
    return (config().status(this) & VirtioIds.STATUS_DRIVER_OK) != 0;
  }

  /** Tells the device that the driver is ready (virtio_device_ready). */
  public void ready() {
    addStatus(VirtioIds.STATUS_DRIVER_OK);
  }

  /**
   * Takes the device out of use: no queue is read any more, unless it {@link #isLost}
   * (virtio_reset_device).
   */
  public void reset() {
    config().reset(this);
  }

  /** 32-bit little-endian config field (virtio_cread_le). */
  public int configRead32(int offset) {
    return config().get32(this, offset);
  }

  /** 32-bit little-endian config field (virtio_cwrite_le). */
  public void configWrite32(int offset, int value) {
    config().set32(this, offset, value);
  }
}
