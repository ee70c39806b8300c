package aerostat.tools.interop;

import aerostat.mmio.trace.TraceEvent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A trace in steps.
 *
 * @param steps by name, in order
 */
record Recording(Map<String, List<TraceEvent>> steps) {
  private static final String SHIPPED = "linux-6.1-qemu-7.2.trace";

  /** Debian's Linux 6.1.192 as guest of QEMU 7.2.22. */
  static Recording shipped() throws IOException {
    try (InputStream in = Recording.class.getResourceAsStream(SHIPPED)) {
      if (in == null) {
        throw new IOException(SHIPPED + " is not on the class path");
      }
      return of(new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList());
    }
  }

  /**
   * @throws IllegalArgumentException if a line is not of the trace format, or no step is marked
   */
  static Recording read(Path file) throws IOException {
    return of(Files.readAllLines(file, StandardCharsets.US_ASCII));
  }

  private static Recording of(List<String> lines) {
    return of(lines.stream().map(TraceEvent::parse));
  }

  /** Events before the first marked step belong to none. */
  static Recording of(Stream<TraceEvent> events) {
    Map<String, List<TraceEvent>> steps = new LinkedHashMap<>();
    List<TraceEvent> current = new ArrayList<>();
    for (TraceEvent event : events.toList()) {
      if (event.component().equals("scenario")) {
        current = new ArrayList<>();
        steps.put(String.valueOf(event.values().get("name")), current);
      } else {
        current.add(event);
      }
    }
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("no step is marked: not a recording of record.sh");
    }
    return new Recording(steps);
  }

  /**
   * @throws IllegalArgumentException if there is no such step
   */
  List<TraceEvent> step(String name) {
    List<TraceEvent> step = steps.get(name);
    if (step == null) {
      throw new IllegalArgumentException("no step '" + name + "', there are " + steps.keySet());
    }
    return step;
  }
}
