package aerostat.guest.kernel;

/** What a work item does, in a worker's thread; it may sleep. */
public interface WorkFn {
  void run(WorkStruct work);
}
