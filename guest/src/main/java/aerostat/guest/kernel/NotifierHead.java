package aerostat.guest.kernel;

/** A chain of notifiers (kernel/notifier.c), called in thread context, in order of priority. */
public record NotifierHead(long address) {
  public static final int DONE = 0;
  public static final int OK = 1;
  public static final int STOP = 0x8001;

  public void init() {
    list().init();
  }

  private ListHead list() {
    return new ListHead(address);
  }

  public void register(NotifierBlock block) {
    ListHead at = list().next();
    while (!list().is(at) && new NotifierBlock(at.address()).priority() >= block.priority()) {
      at = at.next();
    }
    at.addTail(new ListHead(block.address()));
  }

  /**
   * Waits for a call of the block that is under way, as the chain's rwsem does in Linux: its owner
   * may free what the call works on. In process context, and not from within a call.
   */
  public void unregister(NotifierBlock block) {
    block.retire();
    while (block.calls() != 0) {
      Sched.msleep(1);
    }
    new ListHead(block.address()).delInit();
  }

  /** Calls the blocks until one says {@link #STOP}; returns the last result. */
  public int call(long action, long data) {
    int result = DONE;
    ListHead at = list().next();
    hold(at, 1);
    while (!list().is(at)) {
      result = new NotifierBlock(at.address()).call(action, data);
      ListHead next = result == STOP ? list() : at.next();
      hold(next, 1);
      hold(at, -1);
      at = next;
    }
    return result;
  }

  /** A block that is held stays linked. */
  private void hold(ListHead at, int n) {
    if (!list().is(at)) {
      new NotifierBlock(at.address()).addCalls(n);
    }
  }
}
