package aerostat.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** docs/cli.md names every option and every exit code. */
class CliDocsTest {
  private static String document() throws IOException {
    Path dir = Path.of("").toAbsolutePath();
    while (!Files.exists(dir.resolve("docs/cli.md"))) {
      dir = Objects.requireNonNull(dir.getParent(), "no project around the working folder");
    }
    return Files.readString(dir.resolve("docs/cli.md"));
  }

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
    String document = document();
    for (OptionSpec option : new CommandLine(made).getCommandSpec().options()) {
      assertThat(document)
          .contains(option.longestName().equals("--verbose") ? "`-v`" : option.longestName());
    }
  }

  @Test
  void everyExitCodeIsThere() throws Exception {
    String document = document();
    for (Field field : ExitCode.class.getDeclaredFields()) {
      if (Modifier.isPublic(field.getModifiers())) {
        assertThat(document).contains("| " + field.getInt(null) + " |");
      }
    }
  }
}
