package aerostat.tools.fuzz.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;

/**
 * One job for its whole time, whatever becomes of its process: libFuzzer's native part may die of a
 * signal (see {@link JazzerEntry}), and what is left of the time need not be lost with it. The
 * corpus is on disk, so another process goes on from there. A death is a finding all the same, for
 * nobody can say from here whether an input did it.
 */
final class JazzerJob implements AutoCloseable {
  /** Crashes after which the engine, or the host, is not fit for this. */
  static final int MOST_CRASHES = 5;

  /** Less time than this is not worth another start. */
  private static final long LEAST_SECONDS = 5;

  /** A process of the engine. */
  interface Engine extends AutoCloseable {
    /**
     * Waits for its end.
     *
     * @throws IOException if this thread is interrupted
     */
    Outcome await() throws IOException;

    @Override
    void close();
  }

  /**
   * @param code exit code; 0 at the end of the time
   * @param findings that it told, known ones too
   */
  record Outcome(int code, int findings) {}

  /** Starts a process for the rest of the time. */
  interface Starter {
    /**
     * @param seconds to run
     * @param crashes of this job before; the seed should differ
     */
    Engine start(long seconds, int crashes) throws IOException;
  }

  private final Path folder;
  private final Starter starter;
  private final LongSupplier clock;
  private final long end;
  private Engine engine;
  private boolean closed;
  private int crashes;

  /**
   * @param folder where a process leaves {@code crash-*}, {@code timeout-*} and {@code hs_err_*}
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  JazzerJob(Path folder, Starter starter, long seconds, LongSupplier clock) throws IOException {
    this.folder = folder;
    this.starter = starter;
    this.clock = clock;
    this.end = clock.getAsLong() + Duration.ofSeconds(seconds).toNanos();
    this.engine = starter.start(seconds, 0);
  }

  /**
   * Waits for the end of the time.
   *
   * @return findings that were told, and deaths
   * @throws IOException if the engine dies again and again
   */
  int await() throws IOException {
    int findings = 0;
    while (true) {
      Outcome outcome = engine().await();
      findings += outcome.findings();
      if (outcome.code() == 0 || closed()) {
        return findings;
      }
      findings++;
      String died = "Jazzer's process died with code " + outcome.code();
      if (++crashes == MOST_CRASHES) {
        throw new IOException(
            died + ", " + crashes + " times now; -v shows what it said, the corpus is kept");
      }
      long left = Duration.ofNanos(end - clock.getAsLong()).toSeconds();
      boolean another = left >= LEAST_SECONDS;
      System.out.println(
          "FINDING "
              + died
              + ", what it left is in "
              + folder
              + (another ? "; another goes on for " + left + " s" : ""));
      if (!another || !restart(left)) {
        return findings;
      }
    }
  }

  /**
   * Waits for all at the same time, so that none that dies waits for another's end.
   *
   * @return findings that were told, and deaths
   * @throws IOException if the engine of one dies again and again
   */
  static int await(List<JazzerJob> jobs) throws IOException {
    int findings = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      ExecutorCompletionService<Integer> ends = new ExecutorCompletionService<>(threads);
      for (JazzerJob job : jobs) {
        var unused = ends.submit(job::await);
      }
      try {
        for (int i = 0; i < jobs.size(); i++) {
          findings += ends.take().get();
        }
      } finally {
        jobs.forEach(JazzerJob::close); // or the executor would wait for them
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return findings;
  }

  private synchronized boolean closed() {
    return closed;
  }

  private synchronized Engine engine() {
    return engine;
  }

  private synchronized boolean restart(long seconds) throws IOException {
    if (!closed) {
      engine = starter.start(seconds, crashes);
    }
    return !closed;
  }

  @Override
  public synchronized void close() {
    closed = true;
    engine.close();
  }
}
