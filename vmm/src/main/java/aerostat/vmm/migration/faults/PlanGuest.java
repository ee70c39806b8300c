package aerostat.vmm.migration.faults;

import aerostat.devices.balloon.BalloonHost;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.guest.MovableGuest;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A guest that does nothing but to be somewhere: whenever it begins to run it writes a new number
 * into its RAM, and the {@link PlanWorld} sees whether it came with the last one.
 */
final class PlanGuest implements MovableGuest {
  private static final byte[] IMAGE = {1};
  private static final int STATE_BYTES = 64;

  private final PlanProcess process;
  private final MachineConfig config;
  private final GuestMemory memory;
  private final FlatState flat = new FlatState();
  private final ReentrantLock lock = new ReentrantLock();
  private volatile RunState state;

  PlanGuest(PlanProcess process, MachineConfig config, RunState first) {
    this.process = process;
    this.config = config;
    this.state = first;
    memory = GuestMemory.anonymous(config.memoryBytes());
    memory.installRom(IMAGE);
    flat.slice("plan", 1, STATE_BYTES, () -> {});
    flat.seal();
  }

  private long stampAddress() {
    return GuestMemory.RAM_BASE + memory.romSize();
  }

  /** How often the guest had begun to run when this copy was made. */
  long stamp() {
    return memory.load64(stampAddress());
  }

  void stamp(long number) {
    memory.store64(stampAddress(), number);
  }

  @Override
  public MachineConfig config() {
    return config;
  }

  @Override
  public GuestMemory memory() {
    return memory;
  }

  @Override
  public FlatState flatState() {
    return flat;
  }

  @Override
  public byte[] imageBytes() {
    return IMAGE.clone();
  }

  @Override
  public byte[] imageDigest() {
    return new byte[32];
  }

  @Override
  public byte[] resumeTableDigest() {
    return new byte[32];
  }

  @Override
  public RunState state() {
    return state;
  }

  @Override
  public void pause(RunState to) {
    if (state == RunState.RUNNING) {
      state = to;
      process.stopped();
    }
  }

  @Override
  public void resume() {
    start();
  }

  @Override
  public void start() {
    state = RunState.RUNNING;
    process.started(this);
  }

  @Override
  public void setState(RunState to) {
    state = to;
  }

  @Override
  public ReentrantLock lock() {
    return lock;
  }

  /** One without a driver: every question is answered by nothing, no, or zero. */
  @Override
  public BalloonHost balloon() {
    return (BalloonHost)
        Proxy.newProxyInstance(
            BalloonHost.class.getClassLoader(),
            new Class<?>[] {BalloonHost.class},
            (proxy, method, arguments) -> nothing(method.getReturnType()));
  }

  private static Object nothing(Class<?> type) {
    if (type == boolean.class) {
      return false;
    }
    if (type == int.class) {
      return 0;
    }
    return type == long.class ? (Object) 0L : Map.of();
  }

  @Override
  public void close() {
    memory.close();
  }
}
