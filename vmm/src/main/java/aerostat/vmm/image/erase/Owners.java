package aerostat.vmm.image.erase;

/** Internal names of the classes that generated code calls. */
public final class Owners {
  /** Intrinsics of the plain flavour, and the machinery of polls in all flavours. */
  public static final String INTRINSICS = "aerostat/vmm/cpu/Intrinsics";

  /** Stores of loops that mark behind their last trip, of the plain flavour, and those marks. */
  public static final String UNMARKED = "aerostat/vmm/cpu/UnmarkedStores";

  /** Intrinsics of the sanitizing flavour. */
  public static final String SANITIZING = "aerostat/vmm/cpu/SanitizingIntrinsics";

  /** Generated spill helpers. */
  public static final String SPILL = "aerostat/vmm/cpu/gen/Spill";

  /** Generated entry of the dispatcher. */
  public static final String RESUME = "aerostat/vmm/cpu/gen/Resume";

  private Owners() {}
}
