package aerostat.vmm.cpu;

/** The slice "vcpu" of the flat state: all registers of a stopped vCPU. Little-endian. */
public final class VcpuLayout {
  private VcpuLayout() {}

  /** Name of the slice. */
  public static final String SLICE = "vcpu";

  /** Version of this layout. */
  public static final int VERSION = 1;

  /** u64: safepoint polls consumed since boot; the virtual time of the deterministic clock. */
  public static final int POLLS = 0;

  /** u64: idle ns that the deterministic clock skipped. */
  public static final int SKIPPED = 8;

  /** u64: guest monotonic time in ns at the stop. */
  public static final int GUEST_TIME = 16;

  /** u64: deadline of the timer, Long.MAX_VALUE for none. */
  public static final int DEADLINE = 24;

  /** u64: state of the random generator. */
  public static final int RANDOM = 32;

  /** u64: address of the current stack context, 0 while the boot thread has none. */
  public static final int CONTEXT = 40;

  /** u64: first address of the current stack, 8-aligned, in writable RAM. */
  public static final int STACK_BASE = 48;

  /** u32: its bytes, a multiple of 8. */
  public static final int STACK_SIZE = 56;

  /** u32: bytes in use, a multiple of 8. */
  public static final int STACK_USED = 60;

  /** u32: 1 if interrupts are enabled. */
  public static final int IRQ = 64;

  /** u32: 1 while the guest waits for an interrupt. */
  public static final int IDLE = 68;

  /** u32: {@link #NOT_STARTED}, {@link #LIVE}, {@link #OFF} or {@link #PANICKED}. */
  public static final int LIFECYCLE = 72;

  /** u32: bytes left for recursion on the current stack. */
  public static final int DEPTH = 76;

  /** Bytes of the slice. */
  public static final int SIZE = 80;

  public static final int NOT_STARTED = 0;
  public static final int LIVE = 1;

  /** Powered off. */
  public static final int OFF = 2;

  public static final int PANICKED = 3;
}
