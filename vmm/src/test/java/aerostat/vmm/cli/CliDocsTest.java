package aerostat.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.ProjectDocs;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** docs/cli.md names every option and every exit code. */
class CliDocsTest {
  @ParameterizedTest
  @ValueSource(strings = {"run", "migrate", "qmp", "verify", "snapshot"})
  void everyOptionIsThere(String command) throws IOException {
    Object made =
        switch (command) {
          case "run" -> new RunCommand();
          case "migrate" -> new MigrateCommand();
          case "qmp" -> new QmpCommand();
          case "snapshot" -> new SnapshotCommand();
          default -> new VerifyCommand();
        };
    String document = ProjectDocs.text("cli.md");
    for (OptionSpec option : new CommandLine(made).getCommandSpec().options()) {
      assertThat(document)
          .contains(option.longestName().equals("--verbose") ? "`-v`" : option.longestName());
    }
  }

  @Test
  void everyExitCodeIsThere() throws Exception {
    String document = ProjectDocs.text("cli.md");
    for (Field field : ExitCode.class.getDeclaredFields()) {
      if (Modifier.isPublic(field.getModifiers())) {
        assertThat(document).contains("| " + field.getInt(null) + " |");
      }
    }
  }
}
