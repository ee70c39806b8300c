package aerostat.vmm.cli;

import aerostat.vmm.monitor.Json;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --json} of commands that report something. */
public final class JsonOutput {
  @Option(
      names = "--json",
      description = "Print one JSON object to standard output, all else to standard error.")
  private boolean json;

  /** Prints the one or the other to standard output. */
  public void report(Object object, String text) {
    if (json) {
      print(object);
    } else {
      System.out.print(text);
    }
  }

  /** Where all else goes. */
  public PrintStream text() {
    return json ? System.err : System.out;
  }

  /** Prints the object, if it is wanted. */
  public void report(@Nullable Object object) {
    if (json) {
      print(object);
    }
  }

  static void print(@Nullable Object value) {
    System.out.println(new String(Json.write(value, true), StandardCharsets.UTF_8));
  }
}
