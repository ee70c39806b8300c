package aerostat.vmm.cpu;

import aerostat.mmio.memory.GuestAddressException;
import aerostat.vmm.image.ResumeTable;
import java.util.ArrayList;
import java.util.List;

/** The text that a dying guest leaves on its console, in the manner of Linux. */
final class Oops {
  /** Lines of a long trace that are shown at its two ends. */
  private static final int INNERMOST = 48;

  private static final int OUTERMOST = 16;

  private Oops() {}

  /**
   * @param spilled frames in guest RAM, innermost first
   * @param nanos guest time
   */
  static String text(
      Throwable fault, ResumeTable table, List<String> spilled, long nanos, long polls) {
    String stamp = "[%5d.%06d] ".formatted(nanos / 1_000_000_000L, nanos / 1000 % 1_000_000L);
    String reason = reason(fault);
    StringBuilder text = new StringBuilder();
    text.append(stamp).append(reason).append('\n');
    text.append(stamp).append("CPU: 0 Polls: ").append(polls).append('\n');
    text.append(stamp).append("Call Trace:\n");
    List<String> lines = new ArrayList<>();
    for (StackTraceElement element : fault.getStackTrace()) {
      if (element.getClassName().equals(Dispatcher.class.getName())
          && element.getMethodName().equals("runFrames")) {
        break; // what is further out is the host's
      }
      String line = table.describe(element);
      if (line != null) {
        lines.add(line);
      }
    }
    lines.addAll(spilled);
    if (lines.size() > INNERMOST + OUTERMOST) {
      int outer = lines.size() - OUTERMOST;
      List<String> all = lines;
      lines = new ArrayList<>(all.subList(0, INNERMOST));
      lines.add("... " + (outer - INNERMOST) + " frames ...");
      lines.addAll(all.subList(outer, all.size()));
    }
    for (String line : lines) {
      text.append(stamp).append(' ').append(line).append('\n');
    }
    text.append(stamp).append("---[ end ").append(reason).append(" ]---\n");
    return text.toString();
  }

  /** Whether this is the guest's doing, not a defect of the VMM. */
  static boolean isGuests(Throwable fault) {
    return fault instanceof GuestFault
        || fault instanceof GuestAddressException
        || fault instanceof ArithmeticException
        || fault instanceof StackOverflowError
        || fault instanceof InternalError;
  }

  private static String reason(Throwable fault) {
    if (fault instanceof GuestFault || fault instanceof GuestAddressException) {
      return String.valueOf(fault.getMessage());
    }
    if (fault instanceof ArithmeticException) {
      return "divide error";
    }
    if (fault instanceof StackOverflowError) {
      return "Kernel stack overflow";
    }
    if (fault instanceof InternalError) {
      // SIGBUS: the file behind guest RAM was cut, or its disk failed.
      return "Unrecoverable memory error: " + fault.getMessage();
    }
    return "VMM failure: " + fault;
  }
}
