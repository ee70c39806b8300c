package aerostat.vmm.cli;

import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.ImageRefusedException;
import aerostat.vmm.image.Images;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code aerostat verify}: the image verifier alone. */
@Command(
    name = "verify",
    description = {"Checks that a guest image keeps the rules of restricted Java.", ""},
    footer = {
      "",
      "Each refusal names class, method, line and rule, and what to write instead.",
      "",
      "Example:",
      "  aerostat verify my-guest.jar",
      "",
      "Exit codes: 0 it can run; 1 refused; 2 wrong command line; 3 the jar cannot be read."
    })
final class VerifyCommand implements Callable<Integer> {
  @Parameters(paramLabel = "JAR", description = "The guest image.")
  private Path jar = Path.of("");

  @Mixin private Verbosity verbosity = new Verbosity();

  @Override
  public Integer call() {
    InputFile.require("", jar);
    try {
      GuestImage image = GuestImage.fromJar(jar);
      Images.rewrite(image);
      System.out.println(
          jar
              + ": accepted, "
              + image.classes().size()
              + " classes, entry "
              + image.entryClass()
              + ", SHA-256 "
              + HexFormat.of().formatHex(image.digest()));
      return ExitCode.OK;
    } catch (ImageRefusedException e) {
      e.refusals().forEach(System.out::println);
      int count = e.refusals().size();
      System.err.println(
          "aerostat verify: "
              + jar
              + " is refused: "
              + count
              + (count == 1 ? " rule" : " rules")
              + " broken");
      return ExitCode.FAILED;
    } catch (IOException e) {
      throw new CliException(
          ExitCode.UNAVAILABLE, jar + " is no readable jar: " + InputFile.reason(e));
    }
  }
}
