package aerostat.vmm.machine;

/**
 * What a {@link ScriptedGuest} does: boot, workloads with timers and kthreads, and in between its
 * balloon inflates and deflates.
 *
 * @param append command line
 * @param inflateAt poll at which the balloon's target becomes {@code inflatedTo} bytes
 * @param deflateAt poll at which it is all memory again
 * @param discards whether the balloon gives memory back to the host, as it does but for the time
 *     after a postcopy's switch (DEV-03)
 */
record Script(String append, long inflateAt, long inflatedTo, long deflateAt, boolean discards) {
  static final long MEMORY = 8 << 20;

  /** Everything that is moved, at length. */
  static final Script FULL =
      new Script(
          "workload=mix,churn mix.rounds=6 churn.ops=700 churn.threads=2",
          110,
          7 << 20,
          1100,
          true);

  /** The same, each thing once, for what takes longer than a move. */
  static final Script SHORT =
      new Script(
          "workload=mix,churn mix.rounds=1 churn.ops=100 churn.threads=2",
          110,
          MEMORY - (128 << 10),
          600,
          true);

  /** The same guest where no memory is given back. */
  Script withoutDiscards() {
    return new Script(append, inflateAt, inflatedTo, deflateAt, false);
  }
}
