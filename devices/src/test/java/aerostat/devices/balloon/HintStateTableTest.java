package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static aerostat.devices.balloon.HintStatus.DONE;
import static aerostat.devices.balloon.HintStatus.REQUESTED;
import static aerostat.devices.balloon.HintStatus.START;
import static aerostat.devices.balloon.HintStatus.STOP;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockRing;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every cell of the state table F.3: each status with each input. */
class HintStateTableTest {
  private enum Input {
    HINT_START,
    HINT_STOP,
    HINT_DONE,
    CURRENT_ID,
    OTHER_ID,
    STOP_ID,
    RANGE,
    ID_AND_RANGE,
    SHORT_ID,
    LONG_ID,
    RESET
  }

  /**
   * @param ranges how many ranges reach the sink
   * @param configInterrupt whether the driver is told
   */
  private record Cell(HintStatus next, int ranges, boolean configInterrupt, boolean broken) {}

  private static Cell quiet(HintStatus next) {
    return new Cell(next, 0, false, false);
  }

  private static Cell told(HintStatus next) {
    return new Cell(next, 0, true, false);
  }

  private static Cell expected(HintStatus status, Input input) {
    return switch (input) {
      case HINT_START -> told(REQUESTED);
      case HINT_STOP -> status == STOP ? quiet(STOP) : told(STOP);
      case HINT_DONE -> status == DONE ? quiet(DONE) : told(DONE);
      case CURRENT_ID, LONG_ID ->
          switch (status) {
            case REQUESTED -> quiet(START);
            case START -> quiet(STOP); // even the same id ends the round
            case STOP, DONE -> quiet(status); // a replayed id starts nothing (EDGE-19)
          };
      case OTHER_ID, STOP_ID -> quiet(status == START ? STOP : status);
      case RANGE -> new Cell(status, status == START ? 1 : 0, false, false);
      case ID_AND_RANGE -> // the id first (DEV-13)
          switch (status) {
            case REQUESTED -> new Cell(START, 1, false, false);
            case START -> quiet(STOP);
            case STOP, DONE -> quiet(status);
          };
      case SHORT_ID -> new Cell(status, 0, true, true);
      case RESET -> quiet(STOP);
    };
  }

  static Stream<Arguments> cells() {
    List<Arguments> cells = new ArrayList<>();
    for (HintStatus status : HintStatus.values()) {
      for (Input input : Input.values()) {
        cells.add(Arguments.of(status.name(), input.name()));
      }
    }
    return cells.stream();
  }

  @ParameterizedTest(name = "F.3: {0} + {1}")
  @MethodSource("cells")
  void cell(String statusName, String inputName) {
    HintStatus status = HintStatus.valueOf(statusName);
    Input input = Input.valueOf(inputName);
    try (BalloonRig rig = new BalloonRig()) {
      MockRing ring = rig.start(4)[3];
      int id = bringTo(rig, ring, status);
      rig.driver.acknowledge();
      int used = ring.usedIndex();

      int elements = apply(rig, ring, input, id);

      Cell cell = expected(status, input);
      assertThat(rig.balloon.hintStatus()).isEqualTo(cell.next());
      assertThat(rig.hints).hasSize(cell.ranges());
      assertThat(rig.broken()).isEqualTo(cell.broken());
      assertThat((rig.driver.interruptStatus() & 2) != 0).isEqualTo(cell.configInterrupt());
      assertThat(ring.usedIndex() - used)
          .as("every element comes back, save from a broken device (DEV-32, EDGE-49)")
          .isEqualTo(cell.broken() ? 0 : elements);
      int seen =
          switch (cell.next()) {
            case STOP, START -> 0;
            case REQUESTED -> input == Input.HINT_START ? id + 1 : id;
            case DONE -> 1;
          };
      assertThat(rig.driver.config32(8)).as("what the guest reads").isEqualTo(seen);
    }
  }

  /** Brings the device there; returns the current command id. */
  private static int bringTo(BalloonRig rig, MockRing ring, HintStatus status) {
    rig.host().hintStart(rig.sink);
    int id = rig.driver.config32(8);
    switch (status) {
      case REQUESTED -> {}
      case START -> ring.send(rig.driver.out32(id));
      case STOP -> rig.host().hintStop();
      case DONE -> rig.host().hintDone();
    }
    assertThat(rig.balloon.hintStatus()).isEqualTo(status);
    return id;
  }

  /** Returns how many elements were sent. */
  private static int apply(BalloonRig rig, MockRing ring, Input input, int id) {
    MockRing.Part range = MockRing.in(FREE, 1 << 20);
    switch (input) {
      case HINT_START -> rig.host().hintStart(rig.sink);
      case HINT_STOP -> rig.host().hintStop();
      case HINT_DONE -> rig.host().hintDone();
      case RESET -> rig.driver.reset();
      case CURRENT_ID -> ring.send(rig.driver.out32(id));
      case OTHER_ID -> ring.send(rig.driver.out32(id - 1));
      case STOP_ID -> ring.send(rig.driver.out32(0));
      case RANGE -> ring.send(range);
      case ID_AND_RANGE -> ring.send(rig.driver.out32(id), range);
      case SHORT_ID -> ring.send(rig.driver.out(new byte[3]));
      case LONG_ID -> ring.send(rig.driver.out32(id, 99)); // only the first 4 bytes count
    }
    return switch (input) {
      case HINT_START, HINT_STOP, HINT_DONE, RESET -> 0;
      default -> 1;
    };
  }
}
