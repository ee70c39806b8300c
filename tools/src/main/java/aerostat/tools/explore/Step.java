package aerostat.tools.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One step of a schedule.
 *
 * @param block from 0, or -1 where a step is about none
 */
record Step(Kind kind, int block) {
  /** Who steps. */
  enum Actor {
    MIGRATION("migration"),
    DEVICE("device"),
    DRIVER("driver"),
    GUEST("guest"),
    OPERATOR("operator");

    final String word;

    Actor(String word) {
      this.word = word;
    }
  }

  /** What is done. */
  enum Kind {
    /** Bitmap all ones, log on, first sync. */
    BEGIN(Actor.MIGRATION, false),
    /** The log begins only now: planted errors. */
    LOG(Actor.MIGRATION, false),
    /** A new command id. */
    ASK(Actor.MIGRATION, false),
    /** The block's bits are cleared and its pages looked at. */
    CLEAR(Actor.MIGRATION, true),
    /** The block's pages are read and sent. */
    SEND(Actor.MIGRATION, true),
    /** STOP, before a sync. */
    STOP(Actor.MIGRATION, false),
    /** Log to bitmap. */
    SYNC(Actor.MIGRATION, false),
    /** DONE while the guest runs: the migration is given up. */
    CANCEL(Actor.MIGRATION, false),
    /** Pause, last sync, DONE, the rest; the end of a schedule. */
    FINISH(Actor.MIGRATION, false),
    /** The device takes the next buffer of the free page queue. */
    DEVICE(Actor.DEVICE, false),
    /** The driver's threads run until they sleep, or notify. */
    RUN(Actor.DRIVER, false),
    /** A guest that stands at a notification goes on. */
    GO(Actor.DRIVER, false),
    /** The guest's program allocates a block and writes to it. */
    TAKE(Actor.GUEST, false),
    /** It writes again to a block that it has. */
    WRITE(Actor.GUEST, true),
    /** It frees a block. */
    FREE(Actor.GUEST, true),
    /** The balloon is to have another page: the config changes (EDGE-29). */
    TARGET(Actor.OPERATOR, false);

    final Actor actor;
    final boolean ofBlock;

    Kind(Actor actor, boolean ofBlock) {
      this.actor = actor;
      this.ofBlock = ofBlock;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether the vCPU does it; the others are the host's. */
    boolean guests() {
      return actor == Actor.DRIVER || actor == Actor.GUEST;
    }
  }

  static Step of(Kind kind) {
    return new Step(kind, -1);
  }

  static char letter(int block) {
    return (char) ('A' + block);
  }

  /** As in a schedule: {@code ask}, {@code send-A}. */
  @Override
  public String toString() {
    return block < 0 ? kind.word() : kind.word() + "-" + letter(block);
  }

  /**
   * A schedule: steps with commas between them.
   *
   * @throws IllegalArgumentException that names the bad word
   */
  static List<Step> parse(String schedule, int blocks) {
    List<Step> steps = new ArrayList<>();
    for (String word : schedule.strip().split("[,\\s]+")) {
      steps.add(parseOne(word, blocks));
    }
    return steps;
  }

  private static Step parseOne(String word, int blocks) {
    for (Kind kind : Kind.values()) {
      if (!kind.ofBlock && kind.word().equals(word)) {
        return of(kind);
      }
      if (kind.ofBlock
          && word.length() == kind.word().length() + 2
          && word.startsWith(kind.word() + "-")) {
        int block = word.charAt(word.length() - 1) - 'A';
        if (block >= 0 && block < blocks) {
          return new Step(kind, block);
        }
      }
    }
    throw new IllegalArgumentException("'" + word + "' is no step here");
  }

  static String text(List<Step> schedule) {
    return String.join(",", schedule.stream().map(Step::toString).toList());
  }
}
