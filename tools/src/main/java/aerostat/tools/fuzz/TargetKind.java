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
  DEVICE("aerostat.mmio.**:aerostat.devices.**", DeviceTarget::new),
  DRIVER("aerostat.tools.fuzz.driver.**", setup -> new DriverTarget(setup.withPacked(false))),
  DRIVER_PACKED("aerostat.tools.fuzz.driver.**", DriverTarget::new),
  QUEUE_SPLIT("aerostat.mmio.**", setup -> new RingTarget(false)),
  QUEUE_PACKED("aerostat.mmio.**", setup -> new RingTarget(true)),
  STREAM("aerostat.vmm.migration.**", StreamTarget::new),
  QMP("aerostat.vmm.monitor.**", setup -> new QmpTarget()),
  IMAGE("aerostat.vmm.image.**", setup -> new ImageTarget());

  private final String instrumented;
  private final Function<BootedGuest.Setup, FuzzTarget> maker;

  TargetKind(String instrumented, Function<BootedGuest.Setup, FuzzTarget> maker) {
    this.instrumented = instrumented;
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

  /** Makes the target, for the calling thread. */
  public FuzzTarget make(BootedGuest.Setup setup) {
    return maker.apply(setup);
  }
}
