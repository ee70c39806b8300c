package aerostat.tools.fuzz.driver;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.BootedGuest;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.FuzzTarget;
import aerostat.tools.fuzz.HostEvents;
import aerostat.tools.fuzz.InputBytes;
import aerostat.vmm.machine.SnapshotMachine;
import java.util.List;
import java.util.Objects;

/**
 * A hostile device against the guest's driver, as confidential computing sees it: the guest must
 * never panic, touch pages that it gave away, or hang, whatever the device writes into used rings,
 * answers to register reads, or leaves undone.
 */
public final class DriverTarget implements FuzzTarget {
  private static final int USED = 0;
  private static final int USED_RAW = 1;
  private static final int LIE = 2;
  private static final int INTERRUPT = 3;
  private static final int LOSE = 4;
  private static final int RUN = 5;
  private static final int HOST = 6;
  private static final int CONFIG = 7;
  private static final int EVENTS = 8;

  private static final int MOST_EVENTS = 48;

  /** A number of polls from which on it stands for {@link #LONG_POLLS}. */
  private static final int LONG_RUN = 0xf0;

  private static final int LONG_POLLS = 1_000;

  /** Poll budget of an input. */
  private static final int MOST_POLLS = 2_000;

  /** Polls after which a guest whose device is honest again must have slept. */
  private static final int CALM_POLLS = 20_000;

  /** What the balloon is to hold in the end, bytes: a little, so that every guest has it. */
  private static final long WANTED = 1 << 20;

  /** Polls in which a quarter of the memory is in the balloon. */
  private static final int MUCH_POLLS = 2_000;

  private static final int AWAKE_TURNS = 20;
  private static final int AWAKE_POLLS = 1_000;

  private final BootedGuest guest;
  private final SnapshotMachine machine;
  private final LyingDevice device;
  private final HostEvents host;
  private final boolean packed;
  private final InputBytes input = new InputBytes();

  /** Whether the device broke a rule in this input: then the driver may have given it up. */
  private boolean lied;

  public DriverTarget(BootedGuest.Setup setup) {
    LyingDevice[] made = new LyingDevice[1];
    guest =
        BootedGuest.boot(
            setup,
            (transport, memory, interrupts) -> {
              made[0] = new LyingDevice(transport, memory, interrupts);
              return made[0];
            });
    machine = guest.machine();
    host = new HostEvents(machine, number -> machine.memory().size() - (number % 8 << 20));
    packed = setup.packed();
    device = Objects.requireNonNull(made[0]);
  }

  @Override
  public void run(byte[] bytes, FuzzLog log) {
    device.forget();
    guest.rewind(log);
    lied = false;
    machine.balloonDevice().inhibitDiscards(false);
    machine.sanitizer().inhibit(false);
    device.reports().begin(!packed);
    input.begin(bytes);
    for (int i = 0; i < MOST_EVENTS && !input.atEnd(); i++) {
      next(log);
      check();
      device.reports().check();
    }
    go(200);
    check();
    if (!lied && device.reports().waiting()) {
      // Who uses its pages now shows if the host wants more than was not in the report.
      device.lose(0);
      ask(machine.memory().size() / 4, log);
      machine.run(MUCH_POLLS);
      check();
      device.reports().check();
    }
    device.honest();
    device.reports().check();
    if (!machine.runToIdle(CALM_POLLS)) {
      check();
      throw new FuzzFinding("hang", "the guest does not rest though the device is honest again");
    }
    check();
    if (!lied) {
      checkAwake(log);
    }
  }

  /** A driver whose device was only slow has lost nothing: it still does what the host asks. */
  private void checkAwake(FuzzLog log) {
    long wanted = ask(WANTED, log);
    for (int i = 0; i < AWAKE_TURNS && machine.balloon().actualBytes() != wanted; i++) {
      machine.run(AWAKE_POLLS);
      check();
    }
    if (machine.balloon().actualBytes() != wanted) {
      throw new FuzzFinding("asleep", "the driver does not answer its host any more");
    }
  }

  /**
   * From here on the device behind the lies discards nothing: it would discard pages that the
   * driver was told it has back, and no driver survives a host that empties its memory.
   */
  private void tellLies() {
    lied = true;
    machine.balloonDevice().inhibitDiscards(true);
    device.reports().begin(false);
  }

  /**
   * From here on nobody looks who owns a page: a driver that reads in a used ring that its pages
   * are back takes them for its own, and no driver can know better (CLASSIC-08).
   */
  private void forge() {
    machine.sanitizer().inhibit(true);
  }

  /** The host wants so much for its balloon; returns what the guest is to have then. */
  private long ask(long bytes, FuzzLog log) {
    if (log.on()) {
      log.say("the host asks for " + (bytes >> 20) + " MiB");
    }
    long wanted = machine.memory().size() - bytes;
    machine.lock().lock();
    try {
      machine.balloon().setTarget(wanted);
    } finally {
      machine.lock().unlock();
    }
    return wanted;
  }

  private void go(long polls) {
    machine.run(Math.max(1, Math.min(polls, MOST_POLLS - machine.pollsSince())));
  }

  private void check() {
    String oops = machine.oops();
    if (oops != null) {
      throw new FuzzFinding("panic " + place(oops), oops);
    }
    if (machine.ended()) {
      throw new FuzzFinding("power off", "the guest powered itself off");
    }
  }

  /** First line of an oops without its numbers, so that like panics are one finding. */
  private static String place(String oops) {
    return oops.lines()
        .filter(
            line -> line.contains("Kernel panic") || line.contains("BUG") || line.contains("fault"))
        .findFirst()
        .orElse(oops.lines().findFirst().orElse(""))
        .replaceAll("\\[[^]]*\\]", "")
        .replaceAll("0x[0-9a-f]+|\\b\\d+\\b", "N")
        .strip();
  }

  private void next(FuzzLog log) {
    int event = input.below(EVENTS);
    if (event != LOSE && event != RUN && event != HOST && event != INTERRUPT) {
      tellLies();
    }
    if (event == USED || event == USED_RAW) {
      forge();
    }
    switch (event) {
      case USED -> used(log);
      case USED_RAW -> usedRaw(log);
      case LIE -> {
        int word = input.below(128);
        int value = (int) input.number();
        int times = 1 + input.below(16);
        if (log.on()) {
          log.say("reads of +0x%x give 0x%x, %d times".formatted(word * 4, value, times));
        }
        device.lie(word, value, times);
      }
      case INTERRUPT -> {
        int bits = input.below(8) < 7 ? 1 + input.below(3) : input.u32();
        if (log.on()) {
          log.say("interrupt status 0x" + Integer.toHexString(bits));
        }
        device.interrupt(bits);
      }
      case LOSE -> {
        int count = 1 + input.below(16);
        if (log.on()) {
          log.say("loses " + count + " notifications");
        }
        device.lose(count);
      }
      case RUN -> {
        int polls = input.u8();
        polls = polls < LONG_RUN ? polls : LONG_POLLS;
        if (log.on()) {
          log.say("guest runs " + polls + " polls");
        }
        go(polls);
      }
      case HOST -> host.next(input, log);
      case CONFIG -> {
        int word = 64 + input.below(4);
        int value = (int) input.number();
        if (log.on()) {
          log.say("config +%d is 0x%x, and an interrupt".formatted((word - 64) * 4, value));
        }
        device.lie(word, value, 4);
        device.interrupt(2);
      }
      default -> throw new AssertionError();
    }
  }

  /** An entry as a device writes it, with an id and a length of the input's choice. */
  private void used(FuzzLog log) {
    int queue = input.below(LyingDevice.QUEUES);
    int id = (int) input.number();
    int length = (int) input.number();
    int step = input.below(8) < 6 ? 1 : (int) input.number();
    if (packed) {
      usedPacked(queue, id, length, step, log);
      return;
    }
    long ring = device.usedRing(queue);
    GuestMemory memory = machine.memory();
    if (!memory.isWritable(ring, 6 + 8L * device.size(queue))) {
      return;
    }
    if (log.on()) {
      log.say("used ring %d: id %d length %d, index + %d".formatted(queue, id, length, step));
    }
    int index = memory.load16(ring + 2);
    long entry = ring + 4 + 8L * (index % device.size(queue));
    memory.store32(entry, id);
    memory.store32(entry + 4, length);
    memory.store16(ring + 2, index + step);
    device.interrupt(1);
  }

  /** Any slot of a packed ring, marked used under a wrap counter of the input's choice. */
  private void usedPacked(int queue, int id, int length, int step, FuzzLog log) {
    long ring = device.descriptors(queue);
    int slot = input.below(Math.min(256, device.size(queue)));
    int choice = input.u8();
    int flags =
        switch (choice & 7) {
          case 0, 1, 2 -> Virtio.DESC_AVAIL | Virtio.DESC_USED;
          case 3, 4 -> 0;
          case 5 -> step;
          default -> Virtio.DESC_AVAIL | Virtio.DESC_USED | Virtio.DESC_WRITE;
        };
    if (ring == 0) {
      return;
    }
    if (log.on()) {
      log.say(
          "packed ring %d: slot %d is id %d length %d flags 0x%x"
              .formatted(queue, slot, id, length, flags));
    }
    machine.memory().store32(ring + 16L * slot + 8, length);
    machine.memory().store16(ring + 16L * slot + 12, id);
    machine.memory().store16(ring + 16L * slot + 14, flags);
    device.interrupt(1);
  }

  /** Any word anywhere near the used ring. */
  private void usedRaw(FuzzLog log) {
    int queue = input.below(LyingDevice.QUEUES);
    int word = input.u8();
    int value = (int) input.number();
    long address = device.usedRing(queue) + 4L * word;
    if (device.usedRing(queue) == 0 || 4 * word > (packed ? 2 : 2 + 8 * device.size(queue))) {
      return;
    }
    if (log.on()) {
      log.say("used ring %d: word %d is 0x%x".formatted(queue, word, value));
    }
    machine.memory().store32(address, value);
  }

  @Override
  public BootedGuest guest() {
    return guest;
  }

  @Override
  public byte[] edges() {
    return guest.edges();
  }

  @Override
  public Iterable<byte[]> seeds() {
    return List.of(
        new byte[] {HOST, 0, 4, RUN, 120, RUN, 120},
        new byte[] {HOST, 2, 0, RUN, 120, HOST, 3, 0, RUN, 120},
        new byte[] {HOST, 0, 4, LOSE, 15, RUN, (byte) LONG_RUN},
        new byte[] {HOST, 0, 4, LOSE, 3, RUN, 120, USED, 0, 0, 0, 0, RUN, 120},
        new byte[] {USED, 2, 0, 0, 0, RUN, 99, CONFIG, 0, 9, RUN, 99});
  }

  @Override
  public void close() {
    machine.close();
  }
}
