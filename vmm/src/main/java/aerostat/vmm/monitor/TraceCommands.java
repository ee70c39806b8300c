package aerostat.vmm.monitor;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The command that switches the trace. */
public final class TraceCommands {
  private TraceCommands() {}

  public static void addTo(CommandTable table, TraceFile trace) {
    table.add(
        Command.of(
                "x-trace",
                "Writes device events to a file, one a line (docs/trace-format.md), or stops that."
                    + " A new file ends the one before.",
                arguments -> {
                  boolean enable = Boolean.TRUE.equals(arguments.get("enable"));
                  try {
                    if (!enable) {
                      trace.close();
                    } else if (arguments.get("path") instanceof String path) {
                      trace.start(Path.of(path));
                    } else {
                      throw QmpException.generic("Parameter 'path' is missing");
                    }
                  } catch (IOException | InvalidPathException e) {
                    throw QmpException.generic("cannot write the trace: " + e.getMessage());
                  }
                  return Command.EMPTY;
                },
                Argument.required("enable", Argument.Type.BOOLEAN, "true to start, false to end"),
                Argument.optional("path", Argument.Type.STRING, "of the file, to start"))
            .asConcurrent());
  }
}
