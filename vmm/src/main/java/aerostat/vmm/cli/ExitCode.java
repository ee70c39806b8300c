package aerostat.vmm.cli;

/** What a process of {@code aerostat} ends with; docs/cli.md tells users the same. */
public final class ExitCode {
  /** All as asked. */
  public static final int OK = 0;

  /** The command ran and failed; the reason is on standard error. */
  public static final int FAILED = 1;

  /** The command line is wrong. */
  public static final int USAGE = 2;

  /** A socket, file or process that is needed cannot be had. */
  public static final int UNAVAILABLE = 3;

  /** The guest panicked. */
  public static final int GUEST_PANICKED = 4;

  /** The guest ended by itself and reports that its workload failed (lost data). */
  public static final int GUEST_FAILED = 5;

  /** The migration failed or was cancelled; the guest is still on the source. */
  public static final int MIGRATION_FAILED = 6;

  /** The guest was given away and it is not known yet who runs it. */
  public static final int MIGRATION_UNDECIDED = 7;

  /** A defect of Aerostat's own; {@code -v} shows the stack trace. */
  public static final int INTERNAL = 70;

  private ExitCode() {}
}
