package aerostat.tools.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a house of its own, with JDKs and a Maven that only say how they are called. */
@Timeout(60)
class LauncherTest {
  private static final String SAY_ARGUMENTS = "#!/bin/sh\necho \"$0 $*\"\n";

  @TempDir Path folder = Path.of("unset");
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void house() throws IOException {
    Files.createDirectories(house("."));
    Files.copy(ProjectRoot.find().resolve("aerostat"), house("aerostat"));
    executable(house("aerostat"));
    write(house("pom.xml"), "<project/>");
    write(house("vmm/pom.xml"), "<project/>");
    write(house("vmm/src/main/java/A.java"), "class A {}");
    write(house("tools/target/app/lib/b.jar"), "");
    write(house("tools/target/app/lib/a.jar"), "");
    environment.put("AEROSTAT_NO_AOT", "1");
    environment.put("AEROSTAT_JDK_FOLDERS", folder.resolve("jdks") + "/*");
    environment.put("PATH", folder.resolve("bin") + ":/usr/bin:/bin");
    environment.put("JAVA_HOME", jdk("home", "25.0.3").toString());
    program("bin/java", "#!/bin/sh\nexit 1\n");
  }

  private Path house(String path) {
    return folder.resolve("house").resolve(path);
  }

  private void write(Path file, String text) throws IOException {
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.writeString(file, text);
  }

  private void program(String path, String script) throws IOException {
    write(folder.resolve(path), script);
    executable(folder.resolve(path));
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path jdk(String name, String version) throws IOException {
    program(name + "/bin/java", SAY_ARGUMENTS);
    program(name + "/bin/javac", SAY_ARGUMENTS);
    write(folder.resolve(name + "/release"), "JAVA_VERSION=\"" + version + "\"\n");
    return folder.resolve(name);
  }

  private void built() throws IOException {
    write(house("tools/target/app/built"), "");
  }

  private record Result(int code, String output) {}

  private Result launch(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", house("aerostat").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().put("HOME", folder.toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), output);
  }

  @Test
  void aBuiltHouseRunsAtOnceWithTheJarsInOrder() throws Exception {
    built();
    Result result = launch("run", "--append", "a b");

    assertThat(result.code()).isZero();
    String lib = house("tools/target/app/lib").toRealPath().toString();
    assertThat(result.output())
        .hasLineCount(1)
        .startsWith(folder.resolve("home/bin/java").toString())
        .contains("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC")
        .contains("-cp " + lib + "/a.jar:" + lib + "/b.jar aerostat.vmm.cli.Main run --append a b");
  }

  @Test
  void theFirstUseBuilds() throws Exception {
    program("bin/mvn", "#!/bin/sh\necho '[INFO] Building Aerostat vmm 1  [5/6]'\n");
    Result result = launch("demo");

    assertThat(result.output()).contains("building", "5/6 Aerostat vmm", "Main demo");
    assertThat(house("tools/target/app/built")).exists();
    assertThat(launch("demo").output()).doesNotContain("building");
  }

  @Test
  void aNewerSourceBuildsAnew() throws Exception {
    program("bin/mvn", "#!/bin/sh\nexit 0\n");
    built();
    Files.setLastModifiedTime(
        house("vmm/src/main/java/A.java"),
        java.nio.file.attribute.FileTime.fromMillis(System.currentTimeMillis() + 5_000));

    assertThat(launch("demo").output()).contains("building");
  }

  @Test
  void aSourceThatIsSavedDuringTheBuildBuildsAnew() throws Exception {
    String source = house("vmm/src/main/java/A.java").toString();
    String begun = folder.resolve("begun").toString();
    program(
        "bin/mvn",
        "#!/bin/bash\ntouch "
            + begun
            + "\nuntil [ "
            + source
            + " -nt "
            + begun
            + " ]; do touch "
            + source
            + "; done\n");
    assertThat(launch("demo").output()).contains("building");
    program("bin/mvn", "#!/bin/sh\nexit 0\n");

    assertThat(launch("demo").output()).contains("building");
    assertThat(launch("demo").output()).doesNotContain("building");
  }

  @Test
  void aFailedBuildShowsItsErrorsAndRunsNothing() throws Exception {
    program("bin/mvn", "#!/bin/sh\necho '[ERROR] A.java:1 wrong'\nexit 1\n");
    Result result = launch("demo");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.output())
        .contains("the build failed", "[ERROR] A.java:1 wrong", "launcher-build.log")
        .doesNotContain("Main demo");
  }

  @Test
  void concurrentFirstUsesBuildOnce() throws Exception {
    Path log = folder.resolve("builds");
    program("bin/mvn", "#!/bin/sh\necho built >>" + log + "\n/bin/sleep 0.5\n");
    List<Thread> users = new ArrayList<>();
    List<Integer> codes = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 3; i++) {
      users.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      codes.add(launch("demo").code());
                    } catch (Exception e) {
                      codes.add(-1);
                    }
                  }));
    }
    for (Thread user : users) {
      user.join();
    }

    assertThat(codes).containsExactly(0, 0, 0);
    assertThat(log).hasContent("built");
    assertThat(house("tools/target/launcher.lock")).doesNotExist();
  }

  @Test
  void theLockOfADeadProcessIsTakenOver() throws Exception {
    program("bin/mvn", "#!/bin/sh\nexit 0\n");
    Files.createSymbolicLink(house("tools/target/launcher.lock"), Path.of("999999999"));

    assertThat(launch("demo").code()).isZero();
  }

  @Test
  void aNewerJdkInTheUsualFoldersReplacesAnOldJavaHome() throws Exception {
    built();
    environment.put("JAVA_HOME", jdk("old", "17.0.3").toString());
    Path good = jdk("jdks/jdk-26", "26");

    assertThat(launch("demo").output()).startsWith(good.resolve("bin/java").toString());
  }

  @Test
  void withoutAJdkTheMessageSaysWhatWasFoundAndWhatToDo() throws Exception {
    built();
    environment.put("JAVA_HOME", jdk("old", "1.8.0_402").toString());
    jdk("jdks/older", "21.0.1");
    Result result = launch("demo");

    assertThat(result.code()).isEqualTo(3);
    assertThat(result.output())
        .contains("a JDK 25 or newer is needed", "older is a JDK 21", "set JAVA_HOME");
  }

  @Test
  void withoutMavenTheMessageSaysSo() throws Exception {
    environment.put("PATH", folder.resolve("bin").toString());
    for (String tool :
        new String[] {
          "dirname", "readlink", "find", "head", "mkdir", "ln", "rm", "sed", "cat", "touch", "bash"
        }) {
      program("bin/" + tool, "#!/bin/sh\nPATH=/usr/bin:/bin exec " + tool + " \"$@\"\n");
    }
    Result result = launch("demo");

    assertThat(result.code()).isEqualTo(3);
    assertThat(result.output()).contains("Maven (mvn) is needed");
  }

  @Test
  void aStartUpCacheThatCannotBeMadeIsPassedOver() throws Exception {
    built();
    environment.remove("AEROSTAT_NO_AOT");

    Result first = launch("demo");
    assertThat(first.output()).contains("that did not work").contains("Main demo");
    assertThat(first.output()).doesNotContain("-XX:AOTCache=");
    assertThat(launch("demo").output()).doesNotContain("preparing");
  }
}
