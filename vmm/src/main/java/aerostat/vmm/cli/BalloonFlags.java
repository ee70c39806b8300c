package aerostat.vmm.cli;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.devices.balloon.QueueNumbering;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
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
    Set<String> names = new HashSet<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part : part.substring(0, equals);
      String word = equals < 0 ? "on" : part.substring(equals + 1);
      options = with(options, name, word);
      names.add(name.replace('_', '-'));
    }
    if (options.has(BalloonProperty.GET_FREE_PAGES)
        && Collections.disjoint(names, List.of("free-page-hint", "free-page-hinting"))) {
      // One feature bit: the default gives way.
      options = options.with(BalloonProperty.FREE_PAGE_HINT, false);
    }
    options.check();
    return options;
  }

  private static BalloonOptions with(BalloonOptions options, String name, String word) {
    if (name.replace('_', '-').equals("queue-numbering")) {
      return options.with(
          QueueNumbering.named(word)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "'" + word + "' for queue-numbering: write " + numberings())));
    }
    BalloonProperty property =
        BalloonProperty.named(name)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the balloon has no property '" + name + "'; it has " + names()));
    return options.with(property, onOff(name, word));
  }

  private static String names() {
    return Arrays.stream(BalloonProperty.values())
            .map(BalloonProperty::word)
            .collect(Collectors.joining(", "))
        + ", queue-numbering";
  }

  private static String numberings() {
    return Arrays.stream(QueueNumbering.values())
        .map(QueueNumbering::word)
        .collect(Collectors.joining(", "));
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
