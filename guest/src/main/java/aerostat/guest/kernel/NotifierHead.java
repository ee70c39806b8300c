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

  public void unregister(NotifierBlock block) {
    new ListHead(block.address()).delInit();
  }

  /** Calls the blocks until one says {@link #STOP}; returns the last result. */
  public int call(long action, long data) {
    int result = DONE;
    ListHead at = list().next();
    while (!list().is(at) && result != STOP) {
      ListHead next = at.next();
      result = new NotifierBlock(at.address()).call(action, data);
      at = next;
    }
    return result;
  }
}
