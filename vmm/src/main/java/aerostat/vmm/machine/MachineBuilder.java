package aerostat.vmm.machine;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.virtio.VirtioMmioOptions;
import aerostat.vmm.faults.FaultPlan;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.GuestImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Collects what a machine is built from; {@link #build} may be called more than once. */
public final class MachineBuilder {
  private long memoryBytes = 128L << 20;
  private String memoryPath = "";
  private String append = "";
  private BalloonOptions balloon = BalloonOptions.DEFAULT;
  private VirtioMmioOptions virtioMmio = VirtioMmioOptions.DEFAULT;
  private boolean deterministic;
  private long seed = 1;
  private @Nullable GuestImage image;
  private MachineHost host = MachineHost.SILENT;
  private HardwareHooks hooks = HardwareHooks.NONE;

  MachineBuilder() {}

  /** RAM in bytes, the image included: a multiple of 4 KiB, at least 2 MiB. Default 128 MiB. */
  public MachineBuilder memory(long bytes) {
    memoryBytes = bytes;
    return this;
  }

  /** Backs RAM by a shared file instead of anonymous memory. */
  public MachineBuilder memoryPath(Path file) {
    memoryPath = file.toString();
    return this;
  }

  /** The guest kernel's command line, Latin-1. */
  public MachineBuilder append(String commandLine) {
    append = commandLine;
    return this;
  }

  /** The guest image; the default is the guest kernel on the class path. */
  public MachineBuilder image(GuestImage guestImage) {
    image = guestImage;
    return this;
  }

  /**
   * The guest image in its canonical bytes.
   *
   * @throws aerostat.vmm.image.ImageRefusedException if they are none
   */
  public MachineBuilder image(byte[] canonicalImage) {
    return image(GuestImage.decode(canonicalImage));
  }

  public MachineBuilder balloon(BalloonOptions options) {
    balloon = options;
    return this;
  }

  /** Default: version 2. */
  public MachineBuilder virtioMmio(VirtioMmioOptions options) {
    virtioMmio = options;
    return this;
  }

  /** Virtual clock, devices inline, every random choice from this seed. */
  public MachineBuilder deterministic(long randomSeed) {
    deterministic = true;
    seed = randomSeed;
    return this;
  }

  /** Seed of the guest's random generator, in either mode. */
  public MachineBuilder seed(long randomSeed) {
    seed = randomSeed;
    return this;
  }

  /** Where the guest's console output goes, byte by byte as it comes; it is not closed. */
  public MachineBuilder console(OutputStream sink) {
    host = host.withConsole(sink);
    return this;
  }

  public MachineBuilder trace(Trace sink) {
    host = host.withTrace(sink);
    return this;
  }

  /** The form in which guest code runs first; default plain. */
  public MachineBuilder flavour(Flavour flavour) {
    host = host.withFlavour(flavour);
    return this;
  }

  /** Whether an access to a page in the balloon ends a guest of the sanitizing flavour. */
  public MachineBuilder faultOnViolation(boolean fault) {
    host = host.withFaultOnViolation(fault);
    return this;
  }

  /** Lets a tool drive a deterministic machine step by step. */
  public MachineBuilder workbench(Workbench tool) {
    host = host.withWorkbench(tool);
    return this;
  }

  /** Puts parts of a tool's own into the machine. */
  public MachineBuilder hooks(HardwareHooks tool) {
    hooks = tool;
    return this;
  }

  /** What goes wrong between the balloon's driver and its device. */
  public MachineBuilder faults(FaultPlan plan) {
    host = host.withFaults(plan);
    return this;
  }

  /** The configuration so far. */
  public MachineConfig config() {
    return new MachineConfig(
        memoryBytes, append, balloon, virtioMmio, deterministic, seed, memoryPath);
  }

  /**
   * Builds the machine, in state PRELAUNCH; {@link Machine#start} boots it.
   *
   * @throws IllegalArgumentException if a part of the configuration is out of range
   * @throws aerostat.vmm.image.ImageRefusedException if the image breaks a rule
   */
  public Machine build() {
    GuestImage chosen = image == null ? DefaultImage.IMAGE : image;
    return Machine.build(config(), chosen, host, hooks);
  }

  /** Read once a process. */
  private static final class DefaultImage {
    static final GuestImage IMAGE = read();

    private static GuestImage read() {
      try {
        return GuestImage.defaultImage();
      } catch (IOException e) {
        throw new UncheckedIOException("the guest kernel cannot be read", e);
      }
    }
  }
}
