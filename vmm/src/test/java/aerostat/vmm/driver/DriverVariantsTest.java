package aerostat.vmm.driver;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every variant, rewritten, against the real device: inflates, hints, deflates. */
class DriverVariantsTest {
  private static final long RAM = BalloonRun.RAM;

  /** HINT, REPORTING, PAGE_POISON, DEFLATE_ON_OOM. */
  private static final BalloonOptions ALL = new BalloonOptions(true, true, true, true);

  private static BalloonOptions bitmap(BalloonProperty... more) {
    BalloonOptions options =
        ALL.with(BalloonProperty.FREE_PAGE_HINT, false).with(BalloonProperty.GET_FREE_PAGES, true);
    for (BalloonProperty property : more) {
      options = options.with(property, true);
    }
    return options;
  }

  private static String variant(String name) {
    return "workload=kvstore kvstore.size=1M virtio_balloon.variant=" + name;
  }

  @ParameterizedTest
  @MethodSource("aerostat.vmm.cli.DriverNames#all")
  void inflatesHintsAndDeflates(String name) {
    boolean generation1 = name.equals("bitmap-2016");
    try (BalloonRun run = new BalloonRun(generation1 ? bitmap() : ALL, variant(name), null)) {
      assertThat(run.console()).contains("virtio_balloon virtio0: ready, variant " + name);
      boolean hints = !Set.of("reporting", "none").contains(name);
      assertThat(run.machine().balloon().hintingPossible()).isEqualTo(hints);
      if (name.equals("no-balloon")) {
        assertThat(run.machine().balloon().ballooningRefused()).isTrue();
      } else {
        run.inflateTo(RAM / 2, RAM / 2);
      }
      if (hints) {
        assertThat(run.hint()).as(run.console()).isNotEmpty();
      }
      if (!name.equals("no-balloon")) {
        run.inflateTo(RAM, RAM);
      }
      run.until(() -> run.console().contains("lost=0"));
      assertThat(run.console()).doesNotContain("LOST").doesNotContain("panic");
    }
  }

  /** With request ids, pieces, the lock kept or not. */
  @Test
  void bitmap2016AsItsReviewersWantedIt() {
    for (BalloonOptions options :
        new BalloonOptions[] {
          bitmap(BalloonProperty.REQUEST_ID),
          bitmap(BalloonProperty.REQUEST_ID, BalloonProperty.DROP_LOCK)
        }) {
      try (BalloonRun run = new BalloonRun(options, variant("bitmap-2016"), null)) {
        Set<Long> first = run.hint();
        assertThat(first).as(run.console()).isNotEmpty();
        assertThat(run.hint()).isNotEmpty();
        assertThat(run.console()).contains("free page bitmap: ").doesNotContain("lock let go");
      }
    }
  }

  /** Bitmaps on the inflate and deflate queues, and the queue that does both in one go. */
  @Test
  void bitmap2016InflatesAndDeflatesByBitmaps() {
    BalloonOptions options = bitmap(BalloonProperty.PAGE_BITMAP, BalloonProperty.INFLATE_DEFLATE);
    String append = variant("bitmap-2016") + " virtio_balloon.in_one_go=2";
    try (BalloonRun run = new BalloonRun(options, append, null)) {
      run.inflateTo(RAM / 2, RAM / 2);
      run.until(() -> run.console().contains(" blocks in one go"));
      run.inflateTo(RAM, RAM);
      run.until(() -> run.console().contains("lost=0"));
      assertThat(run.console()).doesNotContain("LOST").doesNotContain("panic");
    }
  }

  /** Unbinds one variant and binds another, in a guest that works on. */
  @Test
  void rebindsInARunningGuest() {
    String append =
        variant("merged")
            + " virtio_balloon.rebind=walk-v28@3 virtio_balloon.rebind=none@6"
            + " virtio_balloon.rebind=merged-4.20@9";
    try (BalloonRun run = new BalloonRun(ALL, append, null)) {
      run.inflateTo(RAM / 2, RAM / 2);
      for (String name : new String[] {"walk-v28", "none", "merged-4.20"}) {
        run.until(() -> run.console().contains("ready, variant " + name));
        run.until(() -> run.machine().balloon().actualBytes() == RAM / 2);
      }
      run.inflateTo(RAM, RAM);
      assertThat(run.console()).contains("virtio_balloon virtio0: removed").doesNotContain("LOST");
    }
  }
}
