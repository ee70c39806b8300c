package aerostat.tools.explore;

import aerostat.devices.balloon.HintStatus;
import aerostat.vmm.machine.Sabotage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes down what each step did, for a person to follow. */
final class Tale {
  private final Stage stage;
  private final Sight sight;
  private final List<Run.Told> told = new ArrayList<>();
  private @Nullable Step step;
  private int addedBefore;
  private HintStatus statusBefore = HintStatus.STOP;
  private HintRing.@Nullable Element taken;
  private boolean half;
  private boolean dirtyBefore;
  private final List<String> holdersBefore = new ArrayList<>();

  Tale(Stage stage, Sight sight) {
    this.stage = stage;
    this.sight = sight;
  }

  List<Run.Told> told() {
    return told;
  }

  void before(Step next) {
    step = next;
    addedBefore = stage.ring().added();
    statusBefore = sight.hintStatus();
    List<HintRing.Element> waiting = stage.ring().outstanding();
    taken = waiting.isEmpty() ? null : waiting.getFirst();
    holdersBefore.clear();
    for (int block = 0; block < stage.setting().blocks(); block++) {
      holdersBefore.add(sight.holder(block));
    }
    dirtyBefore = next.block() >= 0 && sight.dirty(next.block());
  }

  /**
   * @param kicked whether the guest stands in a notification
   */
  void after(boolean kicked) {
    Step done = step;
    if (done == null) {
      return;
    }
    step = null;
    String what = what(done);
    String added = done.kind().guests() ? driver(kicked) : "";
    String separator = what.isEmpty() || added.isEmpty() ? "" : "; ";
    String all = what + separator + added;
    told.add(new Run.Told(done, all.isEmpty() ? "has nothing to do" : all, sight.line()));
  }

  private String what(Step done) {
    boolean late = stage.setting().planted().contains(Sabotage.LOG_AFTER_HINTS);
    String block = done.block() < 0 ? "" : "block " + Step.letter(done.block());
    return switch (done.kind()) {
      case BEGIN -> begin() + "; the log is " + (late ? "not on yet" : "on");
      case LOG -> "the log is switched on";
      case ASK -> "asks for hints with a new command id";
      case CLEAR ->
          dirtyBefore ? "clears the bits of " + block : block + " has no bit: it is left out";
      case SEND -> "reads and sends " + block;
      case STOP -> "stops hinting before the sync";
      case SYNC -> "moves the log into the bitmap";
      case CANCEL -> "is given up: DONE";
      case FINISH -> "pauses the guest, syncs, says DONE, sends the rest";
      case DEVICE -> device();
      case RUN -> "";
      case GO -> "goes on";
      case TAKE -> taken();
      case WRITE -> "writes #" + (sight.stamp(done.block()) & 0xff) + " to " + block;
      case FREE -> "frees " + block;
      case TARGET -> "wants a page more in the balloon";
    };
  }

  private String begin() {
    for (int block = 0; block < stage.setting().blocks(); block++) {
      if (!sight.dirty(block)) {
        return "every page is to be sent but what is still hinted";
      }
    }
    return "every page is to be sent";
  }

  private String taken() {
    int page = stage.window().result();
    if (page == 0) {
      return "finds no block to take";
    }
    int block = stage.pages().ofPage(page);
    return "takes block %c and writes #%d".formatted(Step.letter(block), sight.stamp(block) & 0xff);
  }

  private String device() {
    HintRing.Element element = taken;
    if (element == null) {
      return "finds nothing";
    }
    HintStatus now = sight.hintStatus();
    if (element.command()) {
      String id = "reads command id " + Sight.idName(element.id());
      return now == statusBefore ? id + ", ignored" : id + ": " + statusBefore + " to " + now;
    }
    String hint = "hint of " + name(element);
    if (!stage.ring().outstanding().isEmpty()
        && stage.ring().outstanding().getFirst().equals(element)) {
      half = true;
      return "sees the " + hint + " in " + statusBefore;
    }
    boolean counts = half || statusBefore == HintStatus.START;
    half = false;
    return counts ? "acts on the " + hint : "ignores the " + hint + " in " + statusBefore;
  }

  private static String name(HintRing.Element element) {
    return element.block() < 0 ? "other memory" : "block " + Step.letter(element.block());
  }

  private String driver(boolean kicked) {
    List<String> added = new ArrayList<>();
    int others = 0;
    for (HintRing.Element element : stage.ring().since(addedBefore)) {
      if (element.command()) {
        added.add("id " + Sight.idName(element.id()));
      } else if (element.block() < 0) {
        others++;
      } else {
        added.add("hint " + Step.letter(element.block()));
      }
    }
    if (others > 0) {
      added.add(others + " hints of other memory");
    }
    List<String> done = new ArrayList<>();
    if (!added.isEmpty()) {
      done.add("the driver queues " + String.join(", ", added));
    }
    for (int block = 0; block < holdersBefore.size(); block++) {
      if (holdersBefore.get(block).equals("driver") && sight.holder(block).equals("free")) {
        done.add("the driver frees block " + Step.letter(block));
      }
    }
    if (kicked) {
      done.add("notifies");
    }
    return String.join("; ", done);
  }
}
