package aerostat.vmm.cli;

import aerostat.mmio.virtio.VirtioMmioOptions;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code legacy=on,x-pfn-reset=off}: words as in {@link BalloonFlags}. */
final class VirtioMmioFlags implements ITypeConverter<VirtioMmioOptions> {
  @Override
  public VirtioMmioOptions convert(String text) {
    boolean legacy = false;
    boolean pfnReset = false;
    try {
      for (String part : text.split(",", -1)) {
        int equals = part.indexOf('=');
        String name = (equals < 0 ? part : part.substring(0, equals)).replace('_', '-');
        boolean on = equals < 0 || BalloonFlags.onOff(name, part.substring(equals + 1));
        switch (name) {
          case "legacy" -> legacy = on;
          case "x-pfn-reset" -> pfnReset = on;
          default ->
              throw new IllegalArgumentException(
                  "virtio-mmio has no property '" + name + "'; it has legacy, x-pfn-reset");
        }
      }
      return new VirtioMmioOptions(legacy, pfnReset);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
