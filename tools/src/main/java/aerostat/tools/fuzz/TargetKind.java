package aerostat.tools.fuzz;

import aerostat.tools.fuzz.device.DeviceTarget;
import aerostat.tools.fuzz.driver.DriverTarget;
import aerostat.tools.fuzz.image.ImageTarget;
import aerostat.tools.fuzz.qmp.QmpTarget;
import aerostat.tools.fuzz.queue.RingTarget;
import aerostat.tools.fuzz.stream.StreamTarget;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The targets by name. */
public enum TargetKind {
  DEVICE("aerostat.mmio.**:aerostat.devices.**", Guest.ANY, DeviceTarget::new),
  DRIVER(
      "aerostat.tools.fuzz.driver.**",
      Guest.ANY,
      setup -> new DriverTarget(setup.withPacked(false))),
  DRIVER_PACKED("aerostat.tools.fuzz.driver.**", Guest.ANY, DriverTarget::new),
  QUEUE_SPLIT("aerostat.mmio.**", Guest.NONE, setup -> new RingTarget(false)),
  QUEUE_PACKED("aerostat.mmio.**", Guest.NONE, setup -> new RingTarget(true)),
  STREAM("aerostat.vmm.migration.**", Guest.OF_ITS_SIZE, StreamTarget::new),
  QMP("aerostat.vmm.monitor.**", Guest.NONE, setup -> new QmpTarget()),
  IMAGE("aerostat.vmm.image.**", Guest.NONE, setup -> new ImageTarget());

  /** Which guest a target boots. */
  private enum Guest {
    NONE,
    OF_ITS_SIZE,
    ANY
  }

  private final String instrumented;
  private final Guest guest;
  private final Function<BootedGuest.Setup, FuzzTarget> maker;

  TargetKind(String instrumented, Guest guest, Function<BootedGuest.Setup, FuzzTarget> maker) {
    this.instrumented = instrumented;
    this.guest = guest;
    this.maker = maker;
  }

  /**
   * The target of a name as written on the command line.
   *
   * @throws IllegalArgumentException for any other
   */
  public static TargetKind of(String name) {
    for (TargetKind kind : values()) {
      if (kind.label().equals(name)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("no target " + name);
  }

  /** All names. */
  public static String labels() {
    return Arrays.stream(values()).map(TargetKind::label).collect(Collectors.joining(", "));
  }

  /** As written on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Host classes whose edges an engine's agent should count, as patterns joined by colons. */
  public String instrumented() {
    return instrumented;
  }

  /** Whether it boots a guest, whose driver, flavour and command line can be chosen. */
  public boolean bootsGuest() {
    return guest != Guest.NONE;
  }

  /** Whether its guest's memory can be chosen. */
  public boolean sizesGuest() {
    return guest == Guest.ANY;
  }

  /**
   * Makes the target, for the calling thread.
   *
   * @throws IllegalArgumentException if the setup means nothing, or names what cannot be had
   * @throws FuzzFinding if a user's device fails before there is any input
   */
  public GuardedTarget make(BootedGuest.Setup setup) {
    FuzzTarget made = maker.apply(setup);
    boolean bounded = this == STREAM || this == QMP; // by themselves, with their other threads
    return new GuardedTarget(made, bounded ? Long.MAX_VALUE : GuardedTarget.MOST_ALLOCATED);
  }
}
