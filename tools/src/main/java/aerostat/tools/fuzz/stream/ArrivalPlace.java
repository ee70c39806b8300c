package aerostat.tools.fuzz.stream;

import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A process that a guest may come to, and an account of the guests that were built in it. */
final class ArrivalPlace implements GuestHost {
  private final ArrivingGuest model;
  private final List<ArrivingGuest> built = new ArrayList<>();
  private @Nullable ArrivingGuest here;

  ArrivalPlace(ArrivingGuest model) {
    this.model = model;
  }

  synchronized void begin() {
    built.clear();
    here = null;
  }

  /** Guests that were built and neither installed nor closed. */
  synchronized long half() {
    return built.stream().filter(guest -> guest != here && !guest.closed()).count();
  }

  synchronized int builds() {
    return built.size();
  }

  @Override
  public synchronized @Nullable ArrivingGuest present() {
    return here;
  }

  @Override
  public ExpectedConfig expected() {
    return ExpectedConfig.NONE;
  }

  @Override
  public synchronized MovableGuest build(MachineConfig config, byte[] image) {
    if (!config.equals(model.config()) || !Arrays.equals(image, model.imageBytes())) {
      throw new IllegalArgumentException("only one configuration fits here");
    }
    if (half() > 0) {
      throw new AssertionError("a second guest while one is being built");
    }
    ArrivingGuest fresh = model.another();
    built.add(fresh);
    return fresh;
  }

  @Override
  public synchronized void install(MovableGuest arrived) {
    here = (ArrivingGuest) arrived;
  }

  @Override
  public synchronized void remove() {
    if (here != null) {
      here.close();
    }
    here = null;
  }
}
