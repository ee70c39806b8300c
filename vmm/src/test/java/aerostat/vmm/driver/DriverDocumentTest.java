package aerostat.vmm.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.ProjectDocs;
import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.ImageRefusedException;
import aerostat.vmm.image.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's variant of the driver: what docs/write-a-driver-variant.md shows runs as it stands. */
class DriverDocumentTest {
  private static final long MIB = 1 << 20;

  @TempDir Path folder = Path.of("unset");

  private Path source(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  /** The document's one piece of Java. */
  private static String example() throws IOException {
    String text = ProjectDocs.text("write-a-driver-variant.md");
    int from = text.indexOf("```java\n") + "```java\n".length();
    return text.substring(from, text.indexOf("```", from));
  }

  private GuestImage build(Path... sources) throws IOException, DriverRefusedException {
    return UserDriver.addTo(GuestImage.defaultImage(), List.of(sources));
  }

  @Test
  void theDocumentsExampleRuns() throws Exception {
    byte[] image = build(source("MyBalloon.java", example())).encode();
    try (BalloonRun run = new BalloonRun(BalloonRun.HINTS, "", image)) {
      assertThat(run.console()).contains("virtio_balloon virtio0: ready, variant my-balloon");
      assertThat(run.hint()).hasSizeGreaterThan(10);
      assertThat(run.console()).containsPattern("my-balloon: round 1, [1-9][0-9]* blocks more");
      run.inflateTo(16 * MIB, 32 * MIB);
      run.inflateTo(64 * MIB, 64 * MIB);
    }
  }

  @Test
  void severalFilesAndSeveralVariants() throws Exception {
    Path first =
        source(
            "First.java",
            """
            package mine;
            import aerostat.guest.balloon.*;
            public record First() implements BalloonVariant, Named {}
            """);
    Path second =
        source(
            "Second.java",
            """
            package mine;
            import aerostat.guest.balloon.*;
            interface Named extends BalloonVariant {
              @Override
              default String name() {
                return "by-the-second";
              }
            }
            record Second() implements Named {}
            """);
    Images.rewrite(build(first, second));
    assertThatThrownBy(() -> build(source("Third.java", "class Third {}"), first, second))
        .isInstanceOf(DriverRefusedException.class)
        .hasMessageContaining("which variant: [mine/First, mine/Second]?");
  }

  @Test
  void javacsOwnWords() throws Exception {
    Path bad = source("Bad.java", "record Bad() {\n  int x() { return nothing; }\n}\n");
    assertThatThrownBy(() -> build(bad))
        .isInstanceOf(DriverRefusedException.class)
        .hasMessageContaining("Bad.java:2: error: cannot find symbol")
        .hasMessageContaining("nothing")
        .hasMessageEndingWith("1 error");
  }

  /** The guest's classes and the JDK are there; the VMM's are not. */
  @Test
  void theVmmIsOutOfReach() throws Exception {
    Path spy =
        source("Spy.java", "record Spy() { aerostat.vmm.image.GuestImage x() {return null;} }");
    assertThatThrownBy(() -> build(spy))
        .hasMessageContaining("package aerostat.vmm.image does not");
  }

  @Test
  void annotationProcessorsDoNotRun() throws Exception {
    Path marked =
        source(
            "Marked.java",
            "@Deprecated record Marked() implements aerostat.guest.balloon.BalloonVariant"
                + " { @Override public String name() { return \"marked\"; } }");
    assertThat(build(marked).classes()).containsKey("Marked");
  }

  @Test
  void noVariantAndATakenName() throws Exception {
    assertThatThrownBy(() -> build(source("Plain.java", "record Plain() {}")))
        .hasMessageContaining("no record implements aerostat.guest.balloon.BalloonVariant");
    assertThatThrownBy(
            () ->
                build(
                    source(
                        "Merged.java",
                        "package aerostat.guest.balloon.variant; record Merged() {}")))
        .hasMessageContaining("has a class aerostat.guest.balloon.variant.Merged already");
  }

  /** What compiles need not be guest Java. */
  @Test
  void theVerifierHasTheLastWord() throws Exception {
    GuestImage image =
        build(
            source(
                "Greedy.java",
                """
                record Greedy() implements aerostat.guest.balloon.BalloonVariant {
                  static int count;
                  @Override
                  public String name() {
                    count++;
                    return "greedy";
                  }
                }
                """));
    assertThatThrownBy(() -> Images.rewrite(image))
        .isInstanceOf(ImageRefusedException.class)
        .hasMessageContaining("Greedy.name line 5: G07");
  }

  @Test
  void anImageWithoutAPlaceIsToldSo() throws Exception {
    GuestImage empty = GuestImage.fromClasses(java.util.Map.of("A", new byte[] {1}), "A");
    assertThatThrownBy(() -> UserDriver.addTo(empty, List.of(folder.resolve("x.java"))))
        .hasMessageContaining("no place for a variant");
  }
}
