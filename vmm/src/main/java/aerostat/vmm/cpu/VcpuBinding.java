package aerostat.vmm.cpu;

import aerostat.mmio.bus.MmioBus;
import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.image.CodeLoader;
import org.jspecify.annotations.Nullable;

/**
 * What a VM's copy of {@link Intrinsics} is bound to. The copy takes it from here, once, in its
 * class initialiser, into {@code static final} fields, so that the JIT folds them.
 *
 * <p>To make a copy: a {@link CodeLoader} of the VM, then {@link #bind}.
 */
public final class VcpuBinding {
  private static final ThreadLocal<@Nullable VcpuBinding> HANDED_OVER = new ThreadLocal<>();

  private final GuestMemory memory;
  private final MmioBus bus;
  private final VcpuServices services;
  private final long[] frame;
  private final Sanitizer sanitizer;
  private @Nullable VcpuPort port;

  /**
   * @param memory with its image installed: the ROM's size is fixed from here on
   * @param frame where the vCPU puts the slots of the frame that it resumes
   */
  public VcpuBinding(
      GuestMemory memory, MmioBus bus, VcpuServices services, long[] frame, Sanitizer sanitizer) {
    this.memory = memory;
    this.bus = bus;
    this.services = services;
    this.frame = frame;
    this.sanitizer = sanitizer;
  }

  /**
   * Initialises the loader's copy of {@link Intrinsics}, bound to this.
   *
   * @return the copy's registers
   * @throws IllegalStateException if that copy is bound already
   */
  public VcpuPort bind(CodeLoader code) {
    HANDED_OVER.set(this);
    try {
      code.intrinsics(Intrinsics.class.getName());
    } finally {
      HANDED_OVER.remove();
    }
    if (port == null) {
      throw new IllegalStateException("this copy of the intrinsics is bound already");
    }
    return port;
  }

  /** For the class initialiser of {@link Intrinsics}. */
  public static VcpuBinding take(VcpuPort port) {
    VcpuBinding binding = HANDED_OVER.get();
    if (binding == null) {
      throw new IllegalStateException("intrinsics are initialised by VcpuBinding.bind only");
    }
    binding.port = port;
    return binding;
  }

  public GuestMemory memory() {
    return memory;
  }

  public MmioBus bus() {
    return bus;
  }

  public VcpuServices services() {
    return services;
  }

  public long[] frame() {
    return frame;
  }

  public Sanitizer sanitizer() {
    return sanitizer;
  }
}
