package aerostat.tools.fuzz;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.SnapshotRam;
import aerostat.tools.fuzz.coverage.EdgeCoverage;
import aerostat.tools.fuzz.device.UserDeviceClass;
import aerostat.vmm.cli.DriverChoice;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.RewrittenImage;
import aerostat.vmm.machine.HardwareHooks;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.SnapshotMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A guest booted for fuzzing: reset to a snapshot, its code counting edges. */
public final class BootedGuest {
  /**
   * A guest that always has something to do, and checks what it reads back. Blocks of the usual
   * order would not be reported in so little memory (REPORT-04).
   */
  private static final String WORK =
      "workload=kvstore kvstore.size=16K kvstore.rate=100 workload.interval=0"
          + " page_reporting.page_reporting_order=4 ";

  private static final long SEED = 5;

  private static final Set<BalloonProperty> OFFERED =
      EnumSet.of(
          BalloonProperty.FREE_PAGE_REPORTING,
          BalloonProperty.PAGE_POISON,
          BalloonProperty.DEFLATE_ON_OOM,
          BalloonProperty.PACKED,
          BalloonProperty.IN_ORDER,
          BalloonProperty.QUEUE_RESET,
          BalloonProperty.NOTIFICATION_DATA);

  private final SnapshotMachine machine;
  private final MachineConfig config;
  private final byte[] edges;
  private final GuestConsole console;

  private BootedGuest(
      SnapshotMachine machine, MachineConfig config, byte[] edges, GuestConsole console) {
    this.machine = machine;
    this.config = config;
    this.edges = edges;
    this.console = console;
  }

  /**
   * What a guest is booted as.
   *
   * @param memory bytes of RAM
   * @param append further words of the command line
   * @param flavour of guest code
   * @param packed whether the guest's driver may have packed rings
   * @param driver a variant of the driver as {@code run --driver} takes it; empty: the guest's own
   * @param device a user's device in the place of ours
   */
  public record Setup(
      long memory,
      String append,
      Flavour flavour,
      boolean packed,
      String driver,
      UserDeviceClass device) {
    /** Bytes of the least and the largest guest: all of it is looked at, and copied. */
    public static final long LEAST_MEMORY = 2 << 20;

    public static final long MOST_MEMORY = 4L << 30;

    /** 32 MiB, plain. */
    public static final Setup DEFAULT = new Setup(32 << 20, "", Flavour.PLAIN, true);

    /** Whatever a command line or a file says. */
    public Setup {
      if (memory < LEAST_MEMORY || memory > MOST_MEMORY || memory % GuestMemory.PAGE_SIZE != 0) {
        throw new IllegalArgumentException(
            "--memory " + memory + ": a multiple of 4K is needed, from 2M to 4G");
      }
    }

    /** Our driver and our device. */
    public Setup(long memory, String append, Flavour flavour, boolean packed) {
      this(memory, append, flavour, packed, "", UserDeviceClass.NONE);
    }

    public Setup withPacked(boolean on) {
      return new Setup(memory, append, flavour, on, driver, device);
    }

    public Setup withMemory(long bytes) {
      return new Setup(bytes, append, flavour, packed, driver, device);
    }

    private String words() {
      return driver.isEmpty() ? append : DriverChoice.parse(driver).appendTo(append);
    }

    private GuestImage image() throws IOException {
      GuestImage own = GuestImage.defaultImage();
      return driver.isEmpty() ? own : DriverChoice.parse(driver).image(own);
    }

    /** Everything that a balloon can offer at once; a driver takes what it likes. */
    BalloonOptions balloon() {
      BalloonOptions options = BalloonOptions.DEFAULT;
      for (BalloonProperty property : OFFERED) {
        options = options.with(property, true);
      }
      return options.with(BalloonProperty.PACKED, packed);
    }
  }

  /** Something between the guest and its balloon. */
  @FunctionalInterface
  public interface Between {
    MmioDevice wrap(MmioDevice transport, GuestMemory memory, InterruptController interrupts);
  }

  /** Boots, on the calling thread, which drives the guest from then on. */
  public static BootedGuest boot(Setup setup, Between between) {
    EdgeCoverage coverage = new EdgeCoverage(setup.flavour);
    HardwareHooks hooks =
        new HardwareHooks() {
          @Override
          public GuestMemory memory(long bytes) {
            return SnapshotRam.memory(bytes);
          }

          @Override
          public RewrittenImage image(RewrittenImage rewritten) {
            return coverage.apply(rewritten);
          }

          @Override
          public MmioDevice window(
              MmioDevice transport, GuestMemory memory, InterruptController interrupts) {
            return between.wrap(transport, memory, interrupts);
          }
        };
    GuestConsole console = new GuestConsole();
    try {
      MachineConfig config =
          Machine.builder()
              .memory(setup.memory)
              .append(WORK + setup.words())
              .deterministic(SEED)
              .balloon(setup.balloon())
              .config();
      SnapshotMachine machine =
          SnapshotMachine.boot(
              config,
              setup.image(),
              MachineHost.SILENT
                  .withFlavour(setup.flavour)
                  .withFaultOnViolation(true)
                  .withConsole(console),
              hooks);
      return new BootedGuest(machine, config, coverage.counters(), console);
    } catch (IOException e) {
      throw new UncheckedIOException("the guest kernel cannot be read", e);
    }
  }

  public SnapshotMachine machine() {
    return machine;
  }

  /** What it was booted as. */
  public MachineConfig config() {
    return config;
  }

  /** Edges of guest code. */
  public byte[] edges() {
    return edges;
  }

  /**
   * Back to the snapshot.
   *
   * @param log is told what the guest says from here on
   */
  public void rewind(FuzzLog log) {
    console.begin(log);
    machine.rewind();
  }

  /**
   * Back to the snapshot, and a look at every byte.
   *
   * @return what differed, and was put right by force; null if nothing did
   */
  @Nullable String difference() {
    console.begin(FuzzLog.OFF);
    machine.rewind();
    String difference = machine.difference();
    if (difference != null) {
      machine.restore();
    }
    return difference;
  }
}
