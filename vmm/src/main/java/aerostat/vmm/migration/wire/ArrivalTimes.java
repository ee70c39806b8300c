package aerostat.vmm.migration.wire;

/**
 * What a destination tells about the pause, for the source's account of it. Durations, for the two
 * clocks have nothing in common.
 *
 * @param readyNanos from FINAL to READY: verified, state put in
 * @param resumeNanos from COMMIT to the guest's first poll; to its start if none was seen
 * @param sinceNanos from that poll to the sending of this message
 */
public record ArrivalTimes(long readyNanos, long resumeNanos, long sinceNanos) {
  private static final long MOST = Long.MAX_VALUE / 4;

  /** The payload of TIMES. */
  public byte[] encode() {
    return new PayloadWriter().u64(readyNanos).u64(resumeNanos).u64(sinceNanos).done();
  }

  /** Takes a payload of TIMES apart. */
  public static ArrivalTimes decode(PayloadReader in) throws MigrationStreamException {
    ArrivalTimes times =
        new ArrivalTimes(
            in.within("ready", 0, MOST), in.within("resume", 0, MOST), in.within("since", 0, MOST));
    in.end();
    return times;
  }
}
