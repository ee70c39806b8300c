package aerostat.tools.fuzz.planted;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The defects of {@code defects.tsv}. */
public final class Defects {
  private static final String TABLE = "defects.tsv";
  private static final int CELLS = 8;

  private Defects() {}

  /** All, in the order of the file: tab-separated lines, {@code \n} in a cell is a new line. */
  public static List<Defect> all() {
    List<Defect> defects = new ArrayList<>();
    for (String line : text().lines().toList()) {
      if (!line.isBlank() && !line.startsWith("#")) {
        String[] cells = line.replace("\\n", "\n").split("\t", -1);
        if (cells.length != CELLS) {
          throw new IllegalStateException(TABLE + ": " + cells.length + " cells in " + line);
        }
        defects.add(
            new Defect(
                cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]));
      }
    }
    return defects;
  }

  /** The defect of a name. */
  public static Optional<Defect> named(String name) {
    return all().stream().filter(defect -> defect.name().equals(name)).findFirst();
  }

  private static String text() {
    try (InputStream in =
        Objects.requireNonNull(Defects.class.getResourceAsStream(TABLE), TABLE + " is missing")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
