package aerostat.vmm.cli;

import aerostat.vmm.monitor.Endpoint;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code aerostat qmp}: one command to a running VMM. */
@Command(
    name = "qmp",
    description = {"Sends one QMP command and prints its answer as JSON.", ""},
    footer = {
      "",
      "Values that are whole numbers or sizes (512M) are sent as numbers, on|off|true|false as",
      "booleans, the rest as text. 'query-commands' lists the commands; docs/qmp.md explains them.",
      "",
      "Examples:",
      "  aerostat qmp unix:/tmp/a.sock query-status",
      "  aerostat qmp unix:/tmp/a.sock balloon value=512M",
      "  aerostat qmp unix:/tmp/a.sock qom-get path=/machine/peripheral/balloon0"
          + " property=guest-stats",
      "  aerostat qmp unix:/tmp/a.sock migrate-set-parameters '{\"max-bandwidth\": 104857600}'",
      "",
      "Exit codes: 0 done; 1 the VMM answered with an error; 2 wrong command line; 3 nobody there."
    })
final class QmpCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "ADDR",
      description = "unix:PATH or tcp:HOST:PORT, as given to 'run --qmp'.")
  private String address = "";

  @Parameters(index = "1", paramLabel = "COMMAND", description = "The QMP command.")
  private String command = "";

  @Parameters(
      index = "2..*",
      arity = "0..*",
      paramLabel = "KEY=VALUE|JSON",
      description = "Its arguments.")
  private List<String> arguments = new ArrayList<>();

  @Mixin private Verbosity verbosity = new Verbosity();

  @Override
  public Integer call() {
    Map<String, @Nullable Object> values;
    Endpoint endpoint;
    try {
      endpoint = Endpoint.parse(address);
      values = KeyValues.parse(arguments);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
    try (QmpClient client = QmpClient.connect(endpoint)) {
      Object answer =
          command.equals("qmp_capabilities") ? Map.of() : client.execute(command, values);
      JsonOutput.print(answer);
      return ExitCode.OK;
    } catch (QmpClient.QmpError e) {
      throw new CliException(ExitCode.FAILED, e.errorClass() + ": " + e.getMessage());
    } catch (IOException e) {
      throw new CliException(ExitCode.UNAVAILABLE, InputFile.reason(e));
    }
  }
}
