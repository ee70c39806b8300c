package aerostat.vmm.cpu;

/** The vCPU's hands on the statics of its VM's copy of {@link Intrinsics}. vCPU thread only. */
public interface VcpuPort {
  int budget();

  void budget(int polls);

  boolean unwinding();

  void unwinding(boolean on);

  int irq();

  void irq(int enabled);

  int depth();

  void depth(int bytes);

  void returned(long bits);

  /** Lowest address that frames were spilled to in this unwinding. */
  long scratch();

  /**
   * Opens the scratch for the next unwinding.
   *
   * @param top end of the current stack
   * @param floor first address above its existing frames
   */
  void scratch(long top, long floor);
}
