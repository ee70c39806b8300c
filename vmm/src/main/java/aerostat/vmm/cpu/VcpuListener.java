package aerostat.vmm.cpu;

/** What a vCPU tells its machine, on the vCPU thread, at rest (registers in the flat state). */
public interface VcpuListener {
  /** The guest panicked; the text is the oops, lines ending in a line feed. */
  void panicked(String oops);

  /** {@code start} returned, or the power device asked for it. */
  void poweredOff();
}
