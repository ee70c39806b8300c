package aerostat.tools.checks;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A guest's console that a test can wait on. */
final class WaitingConsole extends ByteArrayOutputStream {
  private static final long PATIENCE_SECONDS = 60;

  @Override
  public synchronized void write(int b) {
    super.write(b);
    notifyAll();
  }

  @Override
  public synchronized void write(byte[] b, int off, int len) {
    super.write(b, off, len);
    notifyAll();
  }

  synchronized String text() {
    return toString(StandardCharsets.ISO_8859_1);
  }

  /** How often {@code what} has been printed. */
  int count(String what) {
    return text().split(java.util.regex.Pattern.quote(what), -1).length - 1;
  }

  void await(String what) throws InterruptedException {
    await(text -> text.contains(what), what);
  }

  void await(Predicate<String> condition, String what) throws InterruptedException {
    if (!within(PATIENCE_SECONDS, condition)) {
      throw new AssertionError("not on the console: " + what + "\n" + text());
    }
  }

  /** Whether the text comes to be so in this time. */
  synchronized boolean within(long seconds, Predicate<String> condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.test(text())) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }
}
