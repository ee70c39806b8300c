package aerostat.vmm.cli;

import aerostat.devices.balloon.BalloonOptions;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code --balloon free-page-hint=on,…} with QEMU's property names; the virtio specification's
 * spellings do as well.
 */
final class BalloonFlags implements ITypeConverter<BalloonOptions> {
  @Override
  public BalloonOptions convert(String text) {
    try {
      return parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }

  private static BalloonOptions parse(String text) {
    BalloonOptions options = BalloonOptions.DEFAULT;
    if (text.isBlank()) {
      return options;
    }
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part : part.substring(0, equals);
      String word = equals < 0 ? "on" : part.substring(equals + 1);
      options = with(options, name, word);
    }
    return options;
  }

  private static BalloonOptions with(BalloonOptions o, String name, String word) {
    boolean hint = o.freePageHint();
    boolean reporting = o.freePageReporting();
    boolean poison = o.pagePoison();
    boolean oom = o.deflateOnOom();
    switch (name.replace('_', '-')) {
      case "free-page-hint", "free-page-hinting" -> hint = onOff(name, word);
      case "free-page-reporting" -> reporting = onOff(name, word);
      case "page-poison" -> poison = onOff(name, word);
      case "deflate-on-oom" -> oom = onOff(name, word);
      default ->
          throw new IllegalArgumentException(
              "the balloon has no property '"
                  + name
                  + "'; it has free-page-hint, free-page-reporting, page-poison, deflate-on-oom");
    }
    return new BalloonOptions(hint, reporting, poison, oom);
  }

  /** An IllegalArgumentException for any other word. */
  static boolean onOff(String name, String word) {
    return switch (word) {
      case "on", "yes", "true" -> true;
      case "off", "no", "false" -> false;
      default ->
          throw new IllegalArgumentException("'" + word + "' for " + name + ": write on or off");
    };
  }
}
