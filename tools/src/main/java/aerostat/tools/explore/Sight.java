package aerostat.tools.explore;

import aerostat.devices.balloon.HintStatus;
import aerostat.mmio.memory.GuestMemory;
import aerostat.tools.explore.Step.Kind;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What there is to see of a state: who has each block, the bits of log and bitmap, what was sent,
 * what is in the free page queue, and what driver and device know. Two schedules that lead to the
 * same sight are taken for one.
 */
final class Sight {
  /** Bytes of the driver's state from two words before the start buffer on. */
  private static final int DRIVER_WORDS = 6;

  private final Stage stage;
  private final Mover mover;
  private final int blocks;
  private final int[] stamps;
  private final boolean[] held;
  private final boolean[] inHand;
  private final int[] sent;
  private final List<Integer> freeOrder = new ArrayList<>();
  private int ids;
  private boolean stirred;
  private boolean halfDone;
  private int kicks;
  private int takes;
  private int writes;
  private int frees;
  private int targets;
  private int usedBefore;
  private long startBuffer;
  private int inUseBefore;

  Sight(Stage stage, Mover mover) {
    this.stage = stage;
    this.mover = mover;
    blocks = stage.setting().blocks();
    stamps = new int[blocks];
    held = new boolean[blocks];
    inHand = new boolean[blocks];
    sent = new int[blocks];
    for (int block = 0; block < blocks; block++) {
      freeOrder.add(block);
    }
    inUseBefore = stage.window().inUse();
  }

  // ---- what the run tells ----

  void took(int block, int stamp) {
    takes++;
    held[block] = true;
    stamps[block] = stamp;
  }

  void wrote(int block, int stamp) {
    writes++;
    stamps[block] = stamp;
  }

  void freed(int block) {
    frees++;
    held[block] = false;
  }

  boolean holds(int block) {
    return held[block];
  }

  int stamp(int block) {
    return stamps[block];
  }

  /** The driver is let run. */
  void calm() {
    stirred = false;
  }

  /** Whether the driver may have something to do. */
  boolean stirred() {
    return stirred;
  }

  void kicked() {
    kicks++;
    learnStartBuffer();
  }

  void prompted() {
    kicks = 0;
    learnStartBuffer();
    int now = stage.window().inUse();
    for (int block = 0; block < blocks; block++) {
      boolean was = stage.pages().inUse(inUseBefore, block);
      boolean is = stage.pages().inUse(now, block);
      if (was != is) {
        freeOrder.remove(Integer.valueOf(block));
        if (!is) {
          freeOrder.add(0, block);
        }
      }
    }
    inUseBefore = now;
  }

  void before(Step step) {
    usedBefore = stage.ring().used();
    if (step.kind() == Kind.CLEAR) {
      inHand[step.block()] = dirty(step.block());
    }
  }

  void after(Step step) {
    switch (step.kind()) {
      case DEVICE -> {
        halfDone = stage.ring().used() == usedBefore;
        stirred = true;
      }
      case SEND -> {
        if (inHand[step.block()]) {
          inHand[step.block()] = false;
          sent[step.block()] = content(step.block());
        }
      }
      case ASK -> {
        ids++;
        stirred = true;
      }
      case BEGIN -> {
        Arrays.fill(inHand, false);
        Arrays.fill(sent, 0);
      }
      case TARGET -> {
        targets++;
        stirred = true;
      }
      case STOP, CANCEL -> stirred = true;
      default -> {}
    }
  }

  void finished() {
    for (int block = 0; block < blocks; block++) {
      sent[block] = stage.landing().memory().load32(stage.pages().address(block));
    }
  }

  private void learnStartBuffer() {
    for (HintRing.Element element : stage.ring().outstanding()) {
      if (element.command() && Integer.compareUnsigned(element.id(), 2) >= 0) {
        startBuffer = element.address();
      }
    }
  }

  // ---- what can be seen ----

  private int content(int block) {
    return stage.machine().memory().load32(stage.pages().address(block));
  }

  boolean dirty(int block) {
    return mover.dirty(block);
  }

  boolean logged(int block) {
    byte[] cards = stage.machine().memory().dirtyLog().cards();
    return cards[(int) stage.pages().index(block)] != 0;
  }

  /** Whether the sender has cleared the block's bit and not yet read it. */
  boolean inHand(int block) {
    return inHand[block];
  }

  /** Whether the allocator has the block; in the midst of a notification nobody can tell. */
  boolean knownFree(int block) {
    return kicks == 0 && holder(block).equals("free");
  }

  String holder(int block) {
    if (held[block]) {
      return "guest";
    }
    return stage.pages().inUse(stage.window().inUse(), block) ? "driver" : "free";
  }

  /** The guest's steps within what the setting allows. */
  void addGuestSteps(List<Step> steps) {
    Setting setting = stage.setting();
    if (takes < setting.budget().takes()) {
      steps.add(Step.of(Kind.TAKE));
    }
    for (int block = 0; block < blocks; block++) {
      if (held[block] && writes < setting.budget().writes()) {
        steps.add(new Step(Kind.WRITE, block));
      }
      if (held[block] && frees < setting.budget().frees()) {
        steps.add(new Step(Kind.FREE, block));
      }
    }
  }

  /** Whether the operator may still change the target. */
  boolean mayTarget() {
    return targets < stage.setting().budget().targets();
  }

  HintStatus hintStatus() {
    return stage.machine().hintStatus();
  }

  /** The first slice of the state is the interrupt controller's. */
  private int interruptLines() {
    return stage.machine().flatState().segment().get(ValueLayout.JAVA_INT, 0);
  }

  /** Number of a command id, from 1. */
  static String idName(int id) {
    return switch (id) {
      case 0 -> "STOP";
      case 1 -> "DONE";
      default -> Integer.toString(id - 0x8000_0000);
    };
  }

  /** One line for a reader: each block with its holder, log, bitmap and what the stream has. */
  String line() {
    StringBuilder line = new StringBuilder();
    for (int block = 0; block < blocks; block++) {
      line.append(block == 0 ? "" : "  ").append(Step.letter(block)).append('=');
      line.append("%-6s L%d B%d".formatted(holder(block), bit(logged(block)), bit(dirty(block))));
      line.append(held[block] ? " #" + (stamps[block] & 0xff) : "   ");
      line.append(sent[block] == 0 ? "      " : " sent#" + (sent[block] & 0xff));
    }
    return line.toString();
  }

  private static int bit(boolean set) {
    return set ? 1 : 0;
  }

  /**
   * @param under the guest's command in whose midst this is, or null at a prompt
   * @param programAt steps of the migration done
   */
  String key(@Nullable Kind under, int programAt) {
    StringBuilder key = new StringBuilder(128);
    key.append(programAt).append(under == null ? "" : under.word() + kicks).append('|');
    for (int block = 0; block < blocks; block++) {
      key.append(holder(block).charAt(0))
          .append(bit(logged(block)))
          .append(bit(dirty(block)))
          .append(bit(inHand[block]))
          .append(sent[block] == 0 ? '-' : sent[block] == content(block) ? 'c' : 'o');
    }
    key.append('|').append(freeOrder).append('|');
    for (int block = 0; block < blocks; block++) {
      key.append(stage.machine().memory().owners().get(stage.pages().address(block)));
    }
    key.append(targets).append(stage.machine().balloon().actualBytes());
    key.append(takes).append(writes).append(frees).append(bit(stirred)).append(bit(halfDone));
    key.append('|').append(hintStatus()).append(ids).append('|');
    for (HintRing.Element element : stage.ring().outstanding()) {
      key.append(element.command() ? idName(element.id()) : "b" + element.block()).append(',');
    }
    key.append('|').append(interruptLines()).append('|');
    if (startBuffer != 0) {
      GuestMemory memory = stage.machine().memory();
      for (int word = -2; word < DRIVER_WORDS - 2; word++) {
        key.append(memory.load32(startBuffer + 4L * word)).append(',');
      }
    }
    return key.toString();
  }
}
