import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Prints the line coverage of each package of a JaCoCo report (CSV), and its classes below 90 %.
 */
final class PrintCoverage {
  private static final int PACKAGE = 1;
  private static final int CLASS = 2;
  private static final int MISSED = 7;
  private static final int COVERED = 8;

  private PrintCoverage() {}

  public static void main(String[] args) throws IOException {
    List<String> lines = Files.readAllLines(Path.of(args[0]));
    Map<String, long[]> packages = new TreeMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] fields = line.split(",", -1);
      long missed = Long.parseLong(fields[MISSED]);
      long covered = Long.parseLong(fields[COVERED]);
      long[] sum = packages.computeIfAbsent(fields[PACKAGE], name -> new long[2]);
      sum[0] += missed;
      sum[1] += covered;
      if (missed * 10 > missed + covered) {
        print("  " + fields[CLASS], missed, covered);
      }
    }
    packages.forEach((name, sum) -> print("line coverage of " + name, sum[0], sum[1]));
  }

  private static void print(String name, long missed, long covered) {
    System.out.printf(
        Locale.ROOT,
        "%s: %.1f %% of %d lines%n",
        name,
        100.0 * covered / (missed + covered),
        missed + covered);
  }
}
