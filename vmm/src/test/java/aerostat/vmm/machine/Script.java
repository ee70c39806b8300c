package aerostat.vmm.machine;

/**
 * What a {@link ScriptedGuest} does: boot, workloads with timers and kthreads, and in between its
 * balloon inflates and deflates.
 *
 * @param append command line
 * @param memory bytes of RAM
 * @param inflateAt poll at which the balloon's target becomes {@code inflatedTo} bytes
 * @param deflateAt poll at which it is all memory again
 * @param discards whether the balloon gives memory back to the host, as it does but for the time
 *     after a postcopy's switch (DEV-03)
 */
record Script(
    String append, long memory, long inflateAt, long inflatedTo, long deflateAt, boolean discards) {
  private static final long MEMORY = 8 << 20;

  /** Everything that is moved, at length. */
  static final Script FULL =
      new Script(
          "workload=mix,churn mix.rounds=6 churn.ops=700 churn.threads=2",
          MEMORY,
          110,
          7 << 20,
          1100,
          true);

  /** The same, each thing once, for what takes longer than a move. */
  static final Script SHORT =
      new Script(
          "workload=mix,churn mix.rounds=1 churn.ops=100 churn.threads=2",
          MEMORY,
          110,
          MEMORY - (128 << 10),
          600,
          true);

  /** Shorter still, for what takes longest. */
  static final Script BRIEF =
      new Script(
          "workload=mix,churn mix.rounds=1 churn.ops=20 churn.threads=2",
          MEMORY,
          110,
          MEMORY - (128 << 10),
          500,
          true);

  /** With room for free blocks of the size that is hinted, however much is in use. */
  static final Script HINTED =
      new Script(
          "workload=mix,churn mix.rounds=1 churn.ops=20 churn.threads=2",
          16 << 20,
          110,
          (16 << 20) - (128 << 10),
          500,
          true);

  /** The same guest where no memory is given back. */
  Script withoutDiscards() {
    return new Script(append, memory, inflateAt, inflatedTo, deflateAt, false);
  }
}
