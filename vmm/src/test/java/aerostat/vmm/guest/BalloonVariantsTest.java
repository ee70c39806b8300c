package aerostat.vmm.guest;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.devices.balloon.QueueNumbering;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.PageStates;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Driver variants in the booted guest against the device's other features. */
class BalloonVariantsTest {
  private static final long MIB = 1 << 20;
  private static final long RAM = 64 * MIB;
  private static final String USED = " workload=kvstore kvstore.size=1M touch=40M";

  /** Of the default order, 9, a guest of 64 MiB reports nothing: 32 blocks must be to spare. */
  private static final String SMALL_REPORTS = " page_reporting.page_reporting_order=4";

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private long hintedPages;

  private String text() {
    return console.toString(StandardCharsets.ISO_8859_1);
  }

  private Machine boot(String append, BalloonOptions options, Flavour flavour) {
    Machine machine =
        Machine.builder()
            .memory(RAM)
            .append(append)
            .balloon(options)
            .deterministic(7)
            .flavour(flavour)
            .console(console)
            .build();
    runUntil(machine, () -> machine.balloon().driverReady());
    return machine;
  }

  private void runUntil(Machine machine, BooleanSupplier condition) {
    long last = machine.polls() + 300_000;
    while (!condition.getAsBoolean()) {
      assertThat(machine.polls()).as(text()).isLessThan(last);
      machine.runUntilPoll(machine.polls() + 500);
    }
  }

  private static void locked(Machine machine, Runnable action) {
    machine.lock().lock();
    try {
      action.run();
    } finally {
      machine.lock().unlock();
    }
  }

  private void unharmed() {
    assertThat(text())
        .doesNotContain("LOST")
        .doesNotContain("panic")
        .doesNotContain("pagealloc")
        .doesNotContain("BUG");
  }

  private static BalloonOptions reporting(boolean poison) {
    return new BalloonOptions(false, true, poison, false);
  }

  @ParameterizedTest(name = "EDGE-01: reported pages go to the host and come back, {0}")
  @EnumSource(value = QueueNumbering.class, names = "SPEC", mode = EnumSource.Mode.EXCLUDE)
  void reporting(QueueNumbering numbering) {
    try (Machine m =
        boot(USED + SMALL_REPORTS, reporting(false).with(numbering), Flavour.SANITIZING)) {
      runUntil(m, () -> m.pageStates().reported() > 44 * MIB / 4096);
      PageStates states = m.pageStates();
      assertThat(states.residentBytes()).isLessThan(20 * MIB);
      // kvstore goes on; a balloon takes reported pages like any others.
      locked(m, () -> m.balloon().setTarget(RAM / 4));
      runUntil(m, () -> m.balloon().actualBytes() == RAM / 4);
      locked(m, () -> m.balloon().setTarget(RAM));
      runUntil(m, () -> m.balloon().actualBytes() == RAM);
      unharmed();
    }
  }

  @Test
  @DisplayName("S003: junk in reported pages harms nobody; with init_on_free it is not written")
  void scribbled() {
    BalloonOptions options = reporting(true).with(BalloonProperty.SCRIBBLE_REPORTED, true);
    for (String append : new String[] {"", " init_on_free=1"}) {
      try (Machine m = boot(USED + SMALL_REPORTS + append, options, Flavour.PLAIN)) {
        runUntil(m, () -> m.pageStates().reported() > 40 * MIB / 4096);
        m.runUntilPoll(m.polls() + 20_000);
        unharmed();
      }
    }
  }

  @Test
  @DisplayName("EDGE-33, POISON-09: poisoned pages are reported, kept, and found as they were")
  void poisoned() {
    try (Machine m =
        boot(USED + SMALL_REPORTS + " page_poison=1", reporting(true), Flavour.PLAIN)) {
      m.runUntilPoll(m.polls() + 100_000);
      assertThat(m.pageStates().reported()).isZero();
      unharmed();
    }
  }

  @Test
  @DisplayName("EDGE-32: poison on, PAGE_POISON not offered: reporting is not accepted")
  void poisonNotOffered() {
    try (Machine m =
        boot(USED + SMALL_REPORTS + " page_poison=1", reporting(false), Flavour.PLAIN)) {
      m.runUntilPoll(m.polls() + 50_000);
      assertThat(m.pageStates().reported()).isZero();
      unharmed();
    }
  }

  @ParameterizedTest(name = "BITMAP-05, BITMAP-06: bitmap-2016, request ids and dropped lock: {0}")
  @ValueSource(strings = {"", "x-request-id", "x-drop-lock"})
  void bitmap(String extension) {
    BalloonOptions options =
        new BalloonOptions(false, false, false, false).with(BalloonProperty.GET_FREE_PAGES, true);
    for (String on :
        extension.isEmpty() ? new String[0] : new String[] {"x-request-id", extension}) {
      options = options.with(BalloonProperty.named(on).orElseThrow(), true);
    }
    try (Machine m = boot(USED + " virtio_balloon.variant=bitmap-2016", options, Flavour.PLAIN)) {
      m.runUntilPoll(m.polls() + 20_000);
      for (int round = 0; round < 2; round++) {
        hintedPages = 0;
        locked(m, () -> m.balloon().hintStart((gpa, length) -> hintedPages += length / 4096));
        runUntil(m, () -> m.balloon().hintRoundOver());
        assertThat(hintedPages * 4096).as("round %d", round).isBetween(40 * MIB, 62 * MIB);
        locked(m, () -> m.balloon().hintDone());
      }
      m.runUntilPoll(m.polls() + 20_000);
      unharmed();
    }
  }

  @Test
  @DisplayName("a driver of today on a device of 2016, and the other way, hint nothing and live")
  void otherGeneration() {
    BalloonOptions old =
        new BalloonOptions(false, false, false, false).with(BalloonProperty.GET_FREE_PAGES, true);
    try (Machine m = boot(USED, old, Flavour.PLAIN)) {
      locked(m, () -> m.balloon().hintStart((gpa, length) -> hintedPages += length));
      locked(m, () -> m.balloon().setTarget(RAM / 2));
      runUntil(m, () -> m.balloon().actualBytes() == RAM / 2);
    }
    try (Machine m =
        boot(USED + " virtio_balloon.variant=bitmap-2016", BalloonOptions.DEFAULT, Flavour.PLAIN)) {
      locked(m, () -> m.balloon().hintStart((gpa, length) -> hintedPages += length));
      locked(m, () -> m.balloon().setTarget(RAM / 2));
      runUntil(m, () -> m.balloon().actualBytes() == RAM / 2);
    }
    assertThat(hintedPages).isZero();
    unharmed();
  }

  /** What a migration does to pages that it was told are free, and that nobody wrote since. */
  private static void leaveHintedOut(Machine machine) {
    GuestMemory memory = machine.memory();
    memory.settleOwners();
    for (PageOwners.Run run : memory.owners().save()) {
      if (run.owner() == PageOwners.HINTED) {
        memory.segment().asSlice(run.firstPage() << 12, run.pages() << 12).fill((byte) 0);
      }
    }
  }

  @ParameterizedTest(name = "POISON-13, EDGE-34: poison, and hinted pages left behind, {0}")
  @ValueSource(strings = {"walk-v28", "merged"})
  void poisonAndHints(String variant) {
    String append = " page_poison=1 virtio_balloon.variant=" + variant;
    BalloonOptions options = new BalloonOptions(true, false, true, false);
    try (Machine m = boot(USED + append, options, Flavour.PLAIN)) {
      m.memory().dirtyLog().clear(); // a migration begins (MIG-01)
      locked(m, () -> m.balloon().hintStart((gpa, length) -> hintedPages += length / 4096));
      runUntil(m, () -> m.balloon().hintRoundOver());
      assertThat(hintedPages).isPositive();
      locked(m, () -> leaveHintedOut(m));
      locked(m, () -> m.balloon().hintDone());
      m.runUntilPoll(m.polls() + 5_000);
      locked(m, () -> m.balloon().setTarget(RAM / 2)); // takes pages, and looks at their poison
      runUntil(m, () -> m.balloon().actualBytes() == RAM / 2);
    }
    if (variant.equals("walk-v28")) {
      assertThat(text()).contains("pagealloc: memory corruption");
    } else {
      unharmed(); // blocks were allocated, and are poisoned as they are freed
    }
  }

  @Test
  @DisplayName("S004, A. Shah: no-balloon: targets are refused, hints come")
  void noBalloon() {
    try (Machine m =
        boot(USED + " virtio_balloon.variant=no-balloon", BalloonOptions.DEFAULT, Flavour.PLAIN)) {
      assertThat(m.balloon().ballooningRefused()).isTrue();
      locked(m, () -> m.balloon().hintStart((gpa, length) -> hintedPages += length / 4096));
      runUntil(m, () -> m.balloon().hintRoundOver());
      assertThat(hintedPages).isPositive();
      locked(m, () -> m.balloon().hintDone());
      m.runUntilPoll(m.polls() + 5_000);
      unharmed();
    }
  }
}
