package aerostat.vmm.cpu;

/** Guest time, real or deterministic. Used by the vCPU thread, or while the vCPU stands still. */
interface GuestClock {
  /** A deadline at or beyond this is none: no sum of times can overflow. */
  long NEVER = 1L << 62;

  /** Guest monotonic time in ns after so many polls, when the host's nanoTime is this. */
  long at(long polls, long hostNanos);

  /** Guest monotonic time in ns after so many polls. */
  default long now(long polls) {
    return at(polls, System.nanoTime());
  }

  /** Wall clock in ns since 1970 after so many polls. */
  long wallClock(long polls);

  /**
   * First poll at which {@code now} has reached the deadline; Long.MAX_VALUE if polls do not tell.
   */
  long pollAt(long deadline);

  /** Goes on from this guest time; in deterministic mode polls and skipped time tell it. */
  void start(long guestTime, long skippedNanos);

  /** Idle ns skipped so far; 0 in real mode. */
  long skipped();

  /** Moves the time forward to a deadline while the guest is idle; false in real mode. */
  boolean skipTo(long deadline, long polls);

  /** The host's time, which goes on while the guest runs. Continues where it stopped. */
  final class Real implements GuestClock {
    private volatile long offset;

    @Override
    public long at(long polls, long hostNanos) {
      return hostNanos + offset;
    }

    @Override
    public long wallClock(long polls) {
      java.time.Instant now = java.time.Instant.now();
      return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    @Override
    public long pollAt(long deadline) {
      return Long.MAX_VALUE;
    }

    @Override
    public void start(long guestTime, long skippedNanos) {
      offset = guestTime - System.nanoTime();
    }

    @Override
    public long skipped() {
      return 0;
    }

    @Override
    public boolean skipTo(long deadline, long polls) {
      return false;
    }
  }

  /** Virtual time: 1 µs a poll, plus the idle time that was skipped. */
  final class Deterministic implements GuestClock {
    static final long NANOS_PER_POLL = 1000;

    /** 2026-01-01T00:00:00Z. */
    private static final long EPOCH = 1_767_225_600_000_000_000L;

    private long skipped;

    @Override
    public long at(long polls, long hostNanos) {
      return polls * NANOS_PER_POLL + skipped;
    }

    @Override
    public long now(long polls) {
      return at(polls, 0);
    }

    @Override
    public long wallClock(long polls) {
      return EPOCH + now(polls);
    }

    @Override
    public long pollAt(long deadline) {
      return deadline >= NEVER
          ? Long.MAX_VALUE
          : Math.ceilDiv(Math.max(0, deadline - skipped), NANOS_PER_POLL);
    }

    @Override
    public void start(long guestTime, long skippedNanos) {
      skipped = skippedNanos;
    }

    @Override
    public long skipped() {
      return skipped;
    }

    @Override
    public boolean skipTo(long deadline, long polls) {
      skipped = Math.max(skipped, deadline - polls * NANOS_PER_POLL);
      return true;
    }
  }
}
