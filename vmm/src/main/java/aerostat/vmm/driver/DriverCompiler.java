package aerostat.vmm.driver;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** Compiles guest sources with the JDK's javac, without annotation processors: those would run. */
final class DriverCompiler {
  private DriverCompiler() {}

  private static final List<String> OPTIONS =
      List.of("-proc:none", "-implicit:none", "-g", "--release", "25");

  /**
   * Class files by internal name.
   *
   * @param guest class files that the sources may use, by internal name
   * @throws DriverRefusedException with javac's own words if they do not compile
   * @throws IOException if a source cannot be read, or there is no compiler
   */
  static SortedMap<String, byte[]> compile(List<Path> sources, SortedMap<String, byte[]> guest)
      throws DriverRefusedException, IOException {
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    if (javac == null) {
      throw new IOException("no javac: this is not a full JDK");
    }
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager standard =
            javac.getStandardFileManager(diagnostics, Locale.ROOT, StandardCharsets.UTF_8);
        GuestFiles files = new GuestFiles(standard, guest)) {
      boolean good =
          javac
              .getTask(
                  null,
                  files,
                  diagnostics,
                  OPTIONS,
                  null,
                  standard.getJavaFileObjectsFromPaths(sources))
              .call();
      if (!good) {
        throw new DriverRefusedException(text(diagnostics));
      }
      return files.made();
    }
  }

  private static String text(DiagnosticCollector<JavaFileObject> diagnostics) {
    StringBuilder text = new StringBuilder();
    int errors = 0;
    for (Diagnostic<? extends JavaFileObject> d : diagnostics.getDiagnostics()) {
      if (d.getKind() == Diagnostic.Kind.ERROR) {
        errors++;
        text.append(where(d.getSource(), d.getLineNumber()))
            .append("error: ")
            .append(d.getMessage(Locale.ROOT))
            .append('\n');
      }
    }
    return text.append(errors).append(errors == 1 ? " error" : " errors").toString();
  }

  private static String where(@Nullable JavaFileObject source, long line) {
    return source == null ? "" : source.getName() + ":" + line + ": ";
  }
}
