package aerostat.tools.fuzz.planted;

import aerostat.tools.fuzz.planted.PlantedRun.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Starts processes that have a defect. */
public final class PlantedProcess {
  private PlantedProcess() {}

  /**
   * The program with a defect and these arguments, on this process's terminal.
   *
   * @return its exit code
   */
  public static int program(Defect defect, List<String> arguments) throws IOException {
    try (PlantedClasses classes = PlantedClasses.compile(defect)) {
      List<String> command = classes.java();
      command.add("aerostat.vmm.cli.Main");
      command.addAll(arguments);
      return await(new ProcessBuilder(command).inheritIO().start());
    }
  }

  /**
   * Looks for a defect from an empty corpus with the own engine.
   *
   * @param defect to plant, and to look for with its target
   * @param seed of the engine
   * @param seconds most
   * @param executions most
   */
  static Outcome search(
      Defect defect, PlantedClasses classes, long seed, long seconds, long executions)
      throws IOException {
    List<String> command = new ArrayList<>(classes.java());
    command.add(PlantedRun.class.getName());
    command.addAll(
        List.of(
            defect.name(), Long.toString(seed), Long.toString(seconds), Long.toString(executions)));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    Outcome outcome = null;
    StringBuilder rest = new StringBuilder();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (Outcome.isOne(line)) {
          outcome = Outcome.parse(line);
        } else if (rest.length() < 10_000) {
          rest.append(line).append('\n');
        }
      }
    } finally {
      process.destroy();
    }
    int code = await(process);
    if (outcome == null) {
      throw new IOException(defect.name() + ": no outcome, exit code " + code + "\n" + rest);
    }
    return outcome;
  }

  private static int await(Process process) throws IOException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
