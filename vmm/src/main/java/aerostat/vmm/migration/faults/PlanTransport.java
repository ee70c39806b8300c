package aerostat.vmm.migration.faults;

import aerostat.vmm.migration.faults.Fault.Way;
import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/** One end of a connection in memory, whose writes pass the plan's faults. */
final class PlanTransport implements Transport {
  private final PlanWorld world;
  private final PlanConnection connection;
  private final Way way;
  private volatile BooleanSupplier stop = () -> false;

  /**
   * @param way of what is written here
   */
  PlanTransport(PlanWorld world, PlanConnection connection, Way way) {
    this.world = world;
    this.connection = connection;
    this.way = way;
  }

  /** A message a call: that is how the wire's writer works, and where message boundaries are. */
  @Override
  public void write(ByteBuffer[] buffers, int count) throws IOException {
    int type = buffers[0].get(buffers[0].position() + 6);
    world.beforeMessage(way, connection);
    for (int i = 0; i < count; i++) {
      while (buffers[i].hasRemaining()) {
        int bytes = world.beforeBytes(way, connection, type, buffers[i].remaining());
        connection.pipe(way).put(buffers[i], bytes);
      }
    }
  }

  @Override
  public void read(ByteBuffer into) throws IOException {
    connection.pipe(other()).read(into, stop);
  }

  @Override
  public boolean awaitReadable(long timeoutNanos) throws IOException {
    return connection.pipe(other()).awaitReadable(timeoutNanos);
  }

  private Way other() {
    return way == Way.TO_SOURCE ? Way.TO_DESTINATION : Way.TO_SOURCE;
  }

  /** A plan has a time limit of its own. */
  @Override
  public void patience(long nanos) {}

  @Override
  public void stopWhen(BooleanSupplier condition) {
    stop = condition;
  }

  @Override
  public void wake() {
    connection.pipe(other()).wake();
  }

  @Override
  public void close() {
    connection.end(false);
  }
}
