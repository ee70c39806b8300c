package aerostat.vmm.monitor;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A monitor with some commands of its own, at an endpoint of its own for each test. */
@Timeout(60)
abstract class MonitorFixture {
  final CountDownLatch quit = new CountDownLatch(1);
  final CountDownLatch release = new CountDownLatch(1);
  final Monitor monitor = monitor();
  Endpoint endpoint = new Endpoint.Tcp("127.0.0.1", 0);

  private Monitor monitor() {
    CommandTable table = new CommandTable();
    table.add(
        Command.of(
            "echo",
            "Answers with its arguments.",
            arguments -> arguments,
            Argument.required("value", Argument.Type.INTEGER, "any"),
            Argument.optional("text", Argument.Type.STRING, "any"),
            Argument.optional("flag", Argument.Type.BOOLEAN, "any")));
    table.add(
        Command.of(
            "fail",
            "Fails.",
            arguments -> {
              throw new IllegalStateException("it is not the time");
            }));
    table.add(
        Command.of(
            "break",
            "Has a defect.",
            arguments -> {
              throw new UnsupportedOperationException("defect");
            }));
    table.add(
        Command.of(
            "exhaust",
            "Finds no memory.",
            arguments -> {
              throw new OutOfMemoryError("Java heap space");
            }));
    table.add(
        Command.of(
                "long-query",
                "Takes its time.",
                arguments -> {
                  try {
                    return Map.of("released", release.await(30, TimeUnit.SECONDS));
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                })
            .asConcurrent());
    return new Monitor(table, quit::countDown);
  }

  @BeforeEach
  void listen() throws IOException {
    endpoint = monitor.listen(endpoint).endpoint();
  }

  @AfterEach
  void close() {
    release.countDown();
    monitor.close();
  }
}
