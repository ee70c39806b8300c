package aerostat.vmm.monitor;

import aerostat.mmio.trace.Trace;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** A trace that is switched on and off while the machine runs ({@code x-trace}). Thread-safe. */
public final class TraceFile implements Trace, Closeable {
  private final Object opening = new Object();
  private @Nullable BufferedWriter out;
  private volatile boolean on;

  /**
   * Starts a new file; ends the one before. What is there already must be a regular file: to open a
   * pipe waits for a reader, and a reader that stops would hold up the machine at its next event.
   */
  public void start(Path path) throws IOException {
    synchronized (opening) {
      if (Files.exists(path) && !Files.isRegularFile(path)) {
        throw new FileSystemException(path.toString(), null, "it is no regular file");
      }
      close();
      // Not with the lock that an event needs: a disk may be slow, too.
      BufferedWriter opened = Files.newBufferedWriter(path);
      synchronized (this) {
        out = opened;
        on = true;
      }
    }
  }

  @Override
  public boolean on() {
    return on;
  }

  @Override
  public synchronized void event(String line) {
    BufferedWriter writer = out;
    if (writer == null) {
      return;
    }
    try {
      writer.write(line);
      writer.write('\n');
    } catch (IOException e) {
      LoggerFactory.getLogger(TraceFile.class).warn("the trace ends: {}", e.getMessage());
      out = null;
      on = false;
    }
  }

  /** Ends the file; nothing if there is none. */
  @Override
  public synchronized void close() throws IOException {
    on = false;
    BufferedWriter writer = out;
    out = null;
    if (writer != null) {
      writer.close();
    }
  }
}
