package aerostat.guest.workload;

/** A workload. Ops interface. */
interface Workload {
  /** Reads its options and starts its threads; in process context, after resident and touch. */
  void start(WorkloadStat stat);
}
