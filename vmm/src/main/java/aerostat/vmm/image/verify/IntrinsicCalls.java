package aerostat.vmm.image.verify;

import aerostat.vmm.image.IntrinsicTable;
import org.jspecify.annotations.Nullable;

/** Recognises calls of intrinsics. */
final class IntrinsicCalls {
  private IntrinsicCalls() {}

  /** The machine's intrinsic that this method of {@code aerostat.guest.machine} stands for. */
  static IntrinsicTable.@Nullable Intrinsic find(String owner, String name, String descriptor) {
    IntrinsicTable.Intrinsic i = IntrinsicTable.byName(name);
    return i != null
            && i.owner().equals(owner)
            && i.descriptor().equals(Descriptors.erase(descriptor, false))
        ? i
        : null;
  }

  /** Whether the intrinsic erases to nothing: its argument is its result. */
  static boolean isIdentity(String owner, String name, String descriptor) {
    return switch (owner + "." + name + descriptor) {
      case "Cpu.string(Ljava/lang/String;)J",
          "Ops.id(Ljava/lang/Object;)J",
          "Ops.of(J)Ljava/lang/Object;" ->
          true;
      default -> false;
    };
  }
}
