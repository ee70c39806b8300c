package aerostat.tools.stress;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import aerostat.mmio.memory.DirtyLog;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A guest of two pages whose cards share a word, and one pass of a migration over it. Page 0 was
 * written before and still bears its mark, page 1 does not. One actor writes 1 into both, the other
 * harvests and reads what was reported; both pages hold 0 before.
 */
@State
public class TwoPages {
  private static final int SLOT_BYTES = 64;
  private static final int SLOTS = 1 << 18;
  private static final MemorySegment POOL =
      Arena.global().allocate((long) SLOTS * SLOT_BYTES, SLOT_BYTES);
  private static final AtomicInteger NEXT = new AtomicInteger();

  private static final VarHandle WORD = JAVA_LONG.varHandle();

  private static final int LOST = 0;
  private static final int SENT = 1;
  private static final int STILL_LOGGED = 2;

  /** A cache line of cards to itself; only the first two pages are used. */
  final MemorySegment cards;

  final DirtyLog log;

  /** The pages' contents here, and as the destination got them. */
  int page0;

  int page1;
  int sent0;
  int sent1;

  TwoPages() {
    cards = POOL.asSlice((long) (NEXT.getAndIncrement() & SLOTS - 1) * SLOT_BYTES, SLOT_BYTES);
    cards.fill((byte) 0);
    log = DirtyLog.over(cards);
    log.mark(GuestMemory.RAM_BASE, 1);
  }

  /** What the log reports now. */
  PageBitmap harvest() {
    PageBitmap found = new PageBitmap(cards.byteSize());
    log.harvest(found);
    return found;
  }

  /**
   * The harvest of {@link DirtyLog} for this one word and nothing else, so that actors meet often.
   */
  void swapAndSend() {
    long word = (long) WORD.getAndSet(cards, 0L, 0L);
    VarHandle.fullFence();
    sendMarked(word);
  }

  void sendMarked(long word) {
    send((word & 0x00ff) != 0, (word & 0xff00) != 0);
  }

  /** Sends the reported pages: reads them now. */
  void send(boolean first, boolean second) {
    if (first) {
      sent0 = page0;
    }
    if (second) {
      sent1 = page1;
    }
  }

  /** Both actors are done: is each write either sent or still to be sent? */
  void judge(II_Result result) {
    PageBitmap rest = harvest();
    result.r1 = verdict(sent0, rest.get(0));
    result.r2 = verdict(sent1, rest.get(1));
  }

  private static int verdict(int sent, boolean logged) {
    return logged ? STILL_LOGGED : sent == 1 ? SENT : LOST;
  }
}
