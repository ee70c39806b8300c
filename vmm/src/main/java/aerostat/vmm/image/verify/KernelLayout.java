package aerostat.vmm.image.verify;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.Rule;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.tree.FieldNode;

/**
 * The guest kernel keeps its data at a fixed address ({@code KernelData.BASE}); the image, the boot
 * parameters and the boot stack lie below. An image that grew into them would overwrite its own
 * parameters.
 */
final class KernelLayout {
  private static final String KERNEL_DATA = "aerostat/guest/kernel/KernelData";

  /** Boot parameters and boot stack, as {@code BootParameters} lays them out behind the image. */
  private static final long BEHIND_IMAGE = GuestMemory.PAGE_SIZE + (16 << 10);

  private KernelLayout() {}

  /** An image without that class is another kernel, which lays itself out as it likes. */
  static void check(ImageModel model, Refusals refusals) {
    GuestClass data = model.find(KERNEL_DATA);
    Long base = data == null ? null : base(data);
    if (base == null) {
      return;
    }
    GuestImage image = model.image();
    long room = base - GuestMemory.RAM_BASE;
    long rom = (image.size() + GuestMemory.PAGE_SIZE - 1L) & -GuestMemory.PAGE_SIZE;
    if (rom + BEHIND_IMAGE > room) {
      refusals.add(
          Rule.LIMITS,
          KERNEL_DATA,
          "",
          0,
          "the image has "
              + image.size()
              + " bytes, but at most "
              + (room - BEHIND_IMAGE)
              + " fit below the kernel's data",
          "fewer or smaller classes");
    }
  }

  private static @Nullable Long base(GuestClass data) {
    for (FieldNode f : data.node().fields) {
      if (f.name.equals("BASE") && f.value instanceof Long value) {
        return value;
      }
    }
    return null;
  }
}
