package aerostat.vmm.migration;

import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.SocketConnections;
import aerostat.vmm.migration.transport.Transport;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A fault plan for a source's connections: what the first channel for pages sends in one round is
 * held back until the main one has sent the barrier of the next. Then the guest is paused, and
 * everything goes as it comes.
 */
final class HeldChannel implements Connections {
  private static final int TYPE = 6;
  private static final int FLAGS = 7;

  private final IntConsumer afterRound;
  private final ArrayDeque<byte[]> held = new ArrayDeque<>();
  private @Nullable Transport channel;
  private int connections;
  private int rounds;
  private int roundOfHeld;
  private boolean paused;

  /**
   * @param afterRound told the number of each barrier on the main connection, on the source's
   *     thread, before what is held goes on
   */
  HeldChannel(IntConsumer afterRound) {
    this.afterRound = afterRound;
  }

  @Override
  public Transport connect(MigrationAddress address, long timeoutNanos, BooleanSupplier stop)
      throws IOException {
    Transport plain = new SocketConnections().connect(address, timeoutNanos, stop);
    int number = connections++;
    if (number == 1) {
      channel = plain;
    }
    return number > 1 ? plain : new Watched(plain, number == 0);
  }

  @Override
  public Listening listen(MigrationAddress wanted) throws IOException {
    return new SocketConnections().listen(wanted);
  }

  private synchronized void channelWrites(ByteBuffer[] buffers, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      byte[] copy = new byte[buffers[i].remaining()];
      buffers[i].get(copy);
      held.add(copy);
    }
    roundOfHeld = rounds + 1;
    if (paused) {
      release();
    }
  }

  private synchronized void mainWrote(int type, int flags) throws IOException {
    if (type == MessageType.ROUND.number()) {
      rounds++;
      afterRound.accept(rounds);
    }
    paused |= (flags & WireHeader.PAUSED) != 0;
    if (paused || rounds > roundOfHeld) {
      release();
    }
  }

  private void release() throws IOException {
    Transport open = channel;
    if (open == null) {
      return;
    }
    for (byte[] bytes = held.poll(); bytes != null; bytes = held.poll()) {
      open.write(new ByteBuffer[] {ByteBuffer.wrap(bytes)}, 1);
    }
  }

  private final class Watched extends PassingTransport {
    private final boolean main;

    Watched(Transport plain, boolean main) {
      super(plain);
      this.main = main;
    }

    @Override
    public void write(ByteBuffer[] buffers, int count) throws IOException {
      if (!main) {
        channelWrites(buffers, count);
        return;
      }
      int type = buffers[0].get(buffers[0].position() + TYPE);
      int flags = buffers[0].get(buffers[0].position() + FLAGS);
      super.write(buffers, count);
      mainWrote(type, flags);
    }
  }
}
