package aerostat.vmm.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.ProjectDocs;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.migration.MigrationService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** docs/qmp.md says what the command table says. */
class QmpDocsTest {
  private static final String UPDATE =
      "mvn -Dquickly -pl vmm -am test -Dtest=QmpDocsTest -Daerostat.update=true"
          + " -Dsurefire.failIfNoSpecifiedTests=false";
  private static final String BEGIN = "<!-- commands: begin -->\n";
  private static final String END = "<!-- commands: end -->\n";

  @Test
  void theCommandsInTheDocumentAreCurrent() throws IOException {
    Path file = ProjectDocs.page("qmp.md");
    String text = Files.readString(file);
    int begin = text.indexOf(BEGIN) + BEGIN.length();
    int end = text.indexOf(END);
    String expected = text.substring(0, begin) + commands() + text.substring(end);
    if (Boolean.getBoolean("aerostat.update")) {
      Files.writeString(file, expected);
    } else {
      assertThat(text).as("docs/qmp.md is stale; run: %s", UPDATE).isEqualTo(expected);
    }
  }

  private static CommandTable table() {
    CommandTable table = new CommandTable();
    MachineSlot slot = new MachineSlot();
    MigrationService migration = new MigrationService(slot);
    MachineCommands.addTo(table, "", slot, migration, bytes -> "");
    MigrationCommands.addTo(table, migration);
    TraceCommands.addTo(table, new TraceFile());
    new Monitor(table, () -> {}).close();
    return table;
  }

  private static String commands() {
    StringBuilder text = new StringBuilder();
    for (Command command : table().commands()) {
      text.append("\n### ").append(command.name()).append("\n\n");
      text.append(command.doc()).append("\n");
      if (!command.arguments().isEmpty()) {
        text.append("\n| argument | type | needed | meaning |\n|---|---|---|---|\n");
        for (Argument a : command.arguments()) {
          text.append("| `").append(a.name()).append("` | ").append(a.type().word());
          text.append(" | ").append(a.required() ? "yes" : "no");
          text.append(" | ").append(a.doc()).append(" |\n");
        }
      }
    }
    return text.append('\n').toString();
  }
}
