package aerostat.vmm.cpu;

/** The vCPU's side of a copy of {@link Intrinsics}; a part of the template. */
final class IntrinsicsPort implements VcpuPort {

  @Override
  public int budget() {
    return Intrinsics.budget;
  }

  @Override
  public void budget(int polls) {
    Intrinsics.budget = polls;
  }

  @Override
  public boolean unwinding() {
    return Intrinsics.unwinding;
  }

  @Override
  public void unwinding(boolean on) {
    Intrinsics.unwinding = on;
  }

  @Override
  public int irq() {
    return Intrinsics.irq;
  }

  @Override
  public void irq(int enabled) {
    Intrinsics.irq = enabled;
  }

  @Override
  public int depth() {
    return Intrinsics.depth;
  }

  @Override
  public void depth(int bytes) {
    Intrinsics.depth = bytes;
  }

  @Override
  public void returned(long bits) {
    Intrinsics.returned = bits;
  }

  @Override
  public long scratch() {
    return Intrinsics.scratch;
  }

  @Override
  public void scratch(long top, long lowest) {
    Intrinsics.scratch = top;
    Intrinsics.floor = lowest;
  }
}
