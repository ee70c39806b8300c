package aerostat.tools.bench.faults;

import aerostat.vmm.migration.faults.Fault;
import aerostat.vmm.migration.faults.FaultPlan;
import aerostat.vmm.migration.wire.MessageType;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Stands between the processes of a plan, passes their messages on, and strikes before the message
 * or byte that a fault names.
 */
final class CuttingProxy implements AutoCloseable {
  private static final int HEADER = 36;
  private static final int TYPE_AT = 6;
  private static final int PAYLOAD_LENGTH_AT = 16;
  private static final int DATA_LENGTH_AT = 20;
  private static final int COMMIT = 13;
  private static final long DELAY = TimeUnit.MILLISECONDS.toNanos(30);

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final int target;
  private final Consumer<Fault.Kind> kill;
  private final List<Fault> open;
  private final int[] messages = new int[2];
  private final int[] bytes = new int[2];
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean commitPassed;

  /**
   * @param target loopback port of the destination
   * @param kill does what a fault of a process says
   */
  CuttingProxy(int target, FaultPlan plan, Consumer<Fault.Kind> kill) throws IOException {
    this.target = target;
    this.kill = kill;
    this.open = new ArrayList<>(plan.faults());
    daemon(this::accept);
  }

  String address() {
    return "tcp:127.0.0.1:" + server.getLocalPort();
  }

  /** Whether all of a COMMIT was handed to the destination's socket. */
  boolean commitPassed() {
    return commitPassed;
  }

  private void accept() {
    try {
      while (true) {
        Socket source = server.accept();
        try {
          Socket destination = new Socket(InetAddress.getLoopbackAddress(), target);
          sockets.add(source);
          sockets.add(destination);
          daemon(() -> pump(source, destination, Fault.Way.TO_DESTINATION));
          daemon(() -> pump(destination, source, Fault.Way.TO_SOURCE));
        } catch (IOException nobodyThere) {
          source.close();
        }
      }
    } catch (IOException closed) {
      // The plan is over.
    }
  }

  private void pump(Socket from, Socket to, Fault.Way way) {
    try (from;
        to) {
      DataInputStream in = new DataInputStream(from.getInputStream());
      OutputStream out = to.getOutputStream();
      byte[] head = new byte[HEADER];
      while (true) {
        in.readFully(head);
        ByteBuffer view = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        byte[] message =
            new byte[HEADER + view.getInt(PAYLOAD_LENGTH_AT) + view.getInt(DATA_LENGTH_AT)];
        System.arraycopy(head, 0, message, 0, HEADER);
        in.readFully(message, HEADER, message.length - HEADER);
        pass(message, out, way);
      }
    } catch (IOException ended) {
      // One side left, or a fault closed both.
    }
  }

  private void pass(byte[] message, OutputStream out, Fault.Way way) throws IOException {
    strike(due(way, Fault.Unit.MESSAGE, messages[way.ordinal()]++));
    int at = 0;
    if (MessageType.handover(message[TYPE_AT])) {
      for (; at < message.length; at++) {
        List<Fault> due = due(way, Fault.Unit.BYTE, bytes[way.ordinal()]++);
        if (!due.isEmpty()) {
          strike(due);
        }
        out.write(message[at]);
      }
      commitPassed |= message[TYPE_AT] == COMMIT;
    } else {
      out.write(message);
    }
  }

  private synchronized List<Fault> due(Fault.Way way, Fault.Unit unit, int index) {
    List<Fault> due =
        open.stream()
            .filter(f -> f.way() == way && f.unit() == unit && f.index() == index)
            .toList();
    open.removeAll(due);
    return due;
  }

  private void strike(List<Fault> due) throws IOException {
    for (Fault fault : due) {
      switch (fault.kind()) {
        case CUT -> cut();
        case DELAY -> delay();
        default -> {
          kill.accept(fault.kind());
          cut();
        }
      }
    }
  }

  private static void delay() {
    long until = System.nanoTime() + DELAY;
    for (long left = DELAY; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private void cut() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    throw new IOException("cut");
  }

  private static void daemon(Runnable work) {
    Thread.ofPlatform().daemon().name("fault-proxy").start(work);
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
