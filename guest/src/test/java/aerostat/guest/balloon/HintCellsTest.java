package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.BLOCK;
import static aerostat.guest.balloon.HintRig.ID;
import static aerostat.guest.balloon.HintRig.NEXT;
import static aerostat.guest.balloon.HintRig.START;
import static aerostat.guest.balloon.HintRig.STOP;
import static aerostat.guest.balloon.HintRig.heldBlocks;
import static aerostat.guest.balloon.HintRig.hintFeatures;
import static aerostat.guest.balloon.HintRig.sequence;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the driver does with each value of the command id (C.3, F.3) in each of its states: HINT-03,
 * HINT-05, HINT-08, HINT-09.
 */
class HintCellsTest {
  /** In the middle of its round the driver meets the value at its fifth block. */
  private static final int MIDDLE = 5;

  private static void show(ModelBalloon model, String value) {
    switch (value) {
      case "STOP" -> model.stop();
      case "DONE" -> model.done();
      case "SAME" -> {
        model.device.setConfig32(BalloonIds.CONFIG_CMD_ID, ID);
        model.device.configChanged();
      }
      default -> model.request(ID + 1);
    }
  }

  /** Drives the driver into the state and shows it the value there. */
  private static void play(ModelBalloon model, String state, String value) {
    if (state.equals("round")) {
      model.onHint =
          () -> {
            if (model.hinted.size() == MIDDLE) {
              model.onHint = () -> {};
              show(model, value);
            }
          };
    }
    if (!state.equals("idle")) {
      model.request(ID);
      settle();
    }
    if (!state.equals("round")) {
      model.events.clear();
      show(model, value);
    }
    settle();
  }

  /** Held afterwards: "0", "few" (of a round cut short) or "all". */
  @ParameterizedTest
  @CsvSource({
    "idle, STOP, '', 0",
    "idle, DONE, '', 0",
    "idle, NEW, 'next block stop', all",
    "round, STOP, 'start block stop', few",
    "round, DONE, 'start block stop', 0",
    "round, SAME, 'start block stop', all",
    "round, NEW, 'start block stop next block stop', all",
    "holding, STOP, '', all",
    "holding, DONE, '', 0",
    "holding, SAME, '', all",
    "holding, NEW, 'next stop', all",
  })
  void cell(String state, String value, String sequence, String held) {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        () -> {
          play(model, state, value);
          assertThat(String.join(" ", words(sequence(model)))).isEqualTo(sequence);
          switch (held) {
            case "0" -> assertThat(heldBlocks()).isZero();
            case "few" -> assertThat(heldBlocks()).isBetween((long) MIDDLE, MIDDLE + 1L);
            default -> assertThat(heldBlocks()).isGreaterThan(20);
          }
        });
  }

  private static List<String> words(List<String> events) {
    return events.stream()
        .map(
            e ->
                switch (e) {
                  case START -> "start";
                  case NEXT -> "next";
                  case STOP -> "stop";
                  case BLOCK -> "block";
                  default -> e;
                })
        .toList();
  }
}
