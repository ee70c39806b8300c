package aerostat.tools.stress;

import aerostat.mmio.memory.DirtyLog;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.LateMark;
import aerostat.mmio.memory.PageBitmap;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A guest of two pages whose cards lie side by side, and one pass of a migration over it. Page 0
 * was written before and still bears its mark, page 1 does not. One actor writes 1 into both, the
 * other harvests and reads what was reported; both pages hold 0 before.
 */
@State
public class TwoPages {
  private static final VarHandle CARD = MethodHandles.arrayElementVarHandle(byte[].class);

  private static final int LOST = 0;
  private static final int SENT = 1;
  private static final int STILL_LOGGED = 2;

  /** Only the first two pages are used. */
  final byte[] cards = new byte[64];

  final DirtyLog log = DirtyLog.over(cards);

  final LateMark late = log.lateMark();

  /** The pages' contents here, and as the destination got them. */
  int page0;

  int page1;
  int sent0;
  int sent1;

  TwoPages() {
    log.mark(GuestMemory.RAM_BASE, 1);
  }

  /** What the log reports now. */
  PageBitmap harvest() {
    PageBitmap found = new PageBitmap(cards.length);
    log.harvest(found);
    return found;
  }

  /**
   * The harvest of {@link DirtyLog} for these two cards and nothing else, so that actors meet
   * often.
   */
  void swapAndSend() {
    byte first = (byte) CARD.getAndSet(cards, 0, (byte) 0);
    byte second = (byte) CARD.getAndSet(cards, 1, (byte) 0);
    VarHandle.fullFence();
    send(first != 0, second != 0);
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
