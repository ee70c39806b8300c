package aerostat.vmm.cli;

import aerostat.vmm.faults.FaultSpec;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code --faults lose-notify=5%,slow=1ms,…}. */
final class FaultOption implements ITypeConverter<FaultSpec> {
  @Override
  public FaultSpec convert(String text) {
    try {
      return FaultSpec.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
