package aerostat.vmm.cpu;

import java.util.ArrayList;
import java.util.List;

/** Turns host stack frames of guest code into lines of a guest backtrace. */
final class Backtrace {
  private Backtrace() {}

  /** Where the guest code that called the intrinsic on this thread stands. */
  static String here() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .filter(f -> !f.getClassName().startsWith("aerostat.vmm."))
                    .findFirst()
                    .map(f -> line(f.toStackTraceElement()))
                    .orElse("outside guest code"));
  }

  /** The guest's frames of a fault, innermost first; the host's own are left out. */
  static List<String> of(Throwable fault) {
    List<String> lines = new ArrayList<>();
    for (StackTraceElement element : fault.getStackTrace()) {
      String type = element.getClassName();
      if (type.equals("aerostat.vmm.cpu.Vcpu")) {
        break;
      }
      if (!type.startsWith("aerostat.vmm.")
          && !type.startsWith("aerostat.mmio.")
          && !type.startsWith("java.")
          && !type.startsWith("jdk.")) {
        lines.add(line(element));
      }
    }
    return lines;
  }

  private static String line(StackTraceElement element) {
    return line(
        element.getClassName(),
        element.getMethodName(),
        element.getFileName() == null ? "?" : element.getFileName(),
        element.getLineNumber());
  }

  /** One line: {@code class.function (file:line)}, without the mark of resumable copies. */
  static String line(String type, String method, String file, int line) {
    String name = method.endsWith("$r") ? method.substring(0, method.length() - 2) : method;
    return type.replace('/', '.') + "." + name + " (" + file + (line > 0 ? ":" + line : "") + ")";
  }
}
