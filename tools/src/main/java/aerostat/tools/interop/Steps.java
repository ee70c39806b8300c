package aerostat.tools.interop;

import aerostat.mmio.trace.TraceEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What two traces of different guests have in common when both are right: the order of register
 * accesses, the values that do not depend on where a guest's memory lies, the shape of each
 * element.
 */
final class Steps {
  /** Values that are addresses, or a ring's size, which the device chooses. */
  private static final Set<String> PLACES =
      Set.of(
          "QueueDescLow",
          "QueueDescHigh",
          "QueueDriverLow",
          "QueueDriverHigh",
          "QueueDeviceLow",
          "QueueDeviceHigh",
          "QueueSize");

  private Steps() {}

  /**
   * A step of a recording in the form in which it is compared. Set-up, inflation and deflation are
   * compared act by act. How many reports, hints and statistics there are depends on the guest's
   * memory and on time, so of these the elements of their queue are compared in their order,
   * repetitions told once.
   */
  static List<String> of(String step, Recording recording) {
    List<TraceEvent> events = recording.step(step);
    return switch (step) {
      case "inflate", "deflate" -> until("write 0x104", exchange(events));
      case "stats" -> elements(2, events);
      case "hint" -> elements(3, events);
      case "report" -> elements(4, events);
      default -> upTo("write Status 0xf", registers(events));
    };
  }

  private static List<String> until(String last, List<String> steps) {
    int end = steps.size();
    while (end > 0 && !steps.get(end - 1).startsWith(last)) {
      end--;
    }
    return steps.subList(0, end);
  }

  private static List<String> upTo(String act, List<String> steps) {
    int at = steps.indexOf(act);
    return at < 0 ? steps : steps.subList(0, at + 1);
  }

  private static List<String> elements(int queue, List<TraceEvent> trace) {
    List<String> steps = new ArrayList<>();
    for (TraceEvent event : trace) {
      if (event.event().equals("pop") && event.number("queue") == queue) {
        String readable = event.number("out") > 0 ? " device reads" : "";
        String writable = event.number("in") > 0 ? " device may write" : "";
        String step = "queue " + queue + readable + writable;
        if (steps.isEmpty() || !steps.getLast().equals(step)) {
          steps.add(step);
        }
      }
    }
    return steps;
  }

  /**
   * The driver's register accesses, in words.
   *
   * @return for example {@code write Status 0xf}, {@code read QueueReady}, {@code write
   *     QueueDescLow}
   */
  static List<String> registers(List<TraceEvent> trace) {
    List<String> steps = new ArrayList<>();
    for (TraceEvent event : trace) {
      if (event.event().equals("read")) {
        steps.add("read " + event.values().get("reg"));
      } else if (event.event().equals("write")) {
        String register = String.valueOf(event.values().get("reg"));
        boolean place = PLACES.contains(register);
        steps.add("write " + register + (place ? "" : " " + event.values().get("value")));
      }
    }
    return steps;
  }

  /** Register accesses, elements and interrupts; pages of an element as their number. */
  static List<String> exchange(List<TraceEvent> trace) {
    List<String> steps = new ArrayList<>();
    long pages = 0;
    for (TraceEvent event : trace) {
      if (isPages(event)) {
        pages += event.number("pages");
        continue;
      }
      if (pages > 0) {
        steps.add(pages + " pages");
        pages = 0;
      }
      switch (event.event()) {
        case "read", "write" -> steps.addAll(registers(List.of(event)));
        case "pop" ->
            steps.add(
                "pop "
                    + event.number("queue")
                    + " out "
                    + event.number("out")
                    + " in "
                    + event.number("in"));
        case "push" -> steps.add("push " + event.number("queue") + " len " + event.number("len"));
        case "interrupt" -> steps.add("interrupt");
        default -> {}
      }
    }
    return steps;
  }

  private static boolean isPages(TraceEvent event) {
    return event.event().equals("inflate") || event.event().equals("deflate");
  }
}
