package aerostat.vmm.migration.tls;

import aerostat.vmm.migration.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * TLS over another transport, record by record: each is read as a whole, by the length in its head,
 * so that no byte of the next is taken early. The handshake happens at the first read or write. One
 * thread may read while another writes.
 */
final class TlsTransport implements Transport {
  private static final int RECORD_HEAD = 5;

  private final Transport below;
  private final SSLEngine engine;
  private final ByteBuffer record;
  private final ByteBuffer plain;
  private final ByteBuffer out;
  private final ByteBuffer[] outAlone;
  private final ByteBuffer[] nothing = {ByteBuffer.allocate(0)};

  /** Guards the handshake. */
  private final Object handshake = new Object();

  /** Guards {@link #out} and the engine's outgoing side. */
  private final Object writing = new Object();

  private volatile boolean open;
  private boolean ended;

  TlsTransport(Transport below, SSLEngine engine) {
    this.below = below;
    this.engine = engine;
    int packet = engine.getSession().getPacketBufferSize();
    record = ByteBuffer.allocate(packet + RECORD_HEAD);
    plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize()).limit(0);
    out = ByteBuffer.allocateDirect(packet + RECORD_HEAD);
    outAlone = new ByteBuffer[] {out};
  }

  @Override
  public void write(ByteBuffer[] buffers, int count) throws IOException {
    shakeHands();
    synchronized (writing) {
      int at = 0;
      while (true) {
        while (at < count && !buffers[at].hasRemaining()) {
          at++;
        }
        if (at == count) {
          return;
        }
        wrap(buffers, at, count - at);
      }
    }
  }

  @Override
  public void read(ByteBuffer into) throws IOException {
    shakeHands();
    while (into.hasRemaining()) {
      if (plain.hasRemaining()) {
        int count = Math.min(into.remaining(), plain.remaining());
        into.put(plain.slice(plain.position(), count));
        plain.position(plain.position() + count);
      } else if (ended) {
        throw new EOFException("the peer closed the connection");
      } else {
        readRecord();
      }
    }
  }

  @Override
  public boolean awaitReadable(long timeoutNanos) throws IOException {
    long deadline = System.nanoTime() + timeoutNanos;
    while (!plain.hasRemaining() && !ended) {
      long left = timeoutNanos == 0 ? 0 : deadline - System.nanoTime();
      if ((timeoutNanos > 0 && left <= 0)
          || !below.awaitReadable(timeoutNanos < 0 ? timeoutNanos : left)) {
        return false;
      }
      // What came may be no data: a ticket, new keys.
      shakeHands();
      if (!plain.hasRemaining()) {
        try {
          readRecord();
        } catch (EOFException e) {
          ended = true;
        }
      }
    }
    return true;
  }

  private void shakeHands() throws IOException {
    if (open) {
      return;
    }
    synchronized (handshake) {
      if (open) {
        return;
      }
      engine.beginHandshake();
      HandshakeStatus status = engine.getHandshakeStatus();
      while (status != HandshakeStatus.FINISHED && status != HandshakeStatus.NOT_HANDSHAKING) {
        switch (status) {
          case NEED_WRAP -> {
            synchronized (writing) {
              status = answer().getHandshakeStatus();
            }
          }
          case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> status = readRecord();
          case NEED_TASK -> {
            runTasks();
            status = engine.getHandshakeStatus();
          }
          default -> throw new SSLException("handshake in state " + status);
        }
      }
      open = true;
    }
  }

  private void runTasks() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  /** What a task found wrong is thrown here first, and only then is there an alert to be sent. */
  private SSLEngineResult answer() throws IOException {
    try {
      return wrap(nothing, 0, 1);
    } catch (SSLException e) {
      sayWhy();
      throw e;
    }
  }

  private SSLEngineResult wrap(ByteBuffer[] buffers, int from, int count) throws IOException {
    out.clear();
    SSLEngineResult result = engine.wrap(buffers, from, count, out);
    out.flip();
    if (out.hasRemaining()) {
      below.write(outAlone, 1);
    }
    if (result.getStatus() == Status.CLOSED && !out.hasRemaining() && result.bytesProduced() == 0) {
      throw new SSLException("the connection is closed");
    }
    return result;
  }

  /** Takes one record; data in it goes to {@link #plain}, which must be empty. */
  private HandshakeStatus readRecord() throws IOException {
    below.read(record.clear().limit(RECORD_HEAD));
    int length = Short.toUnsignedInt(record.getShort(RECORD_HEAD - 2));
    if (length > record.capacity() - RECORD_HEAD) {
      throw new SSLException("a record of " + length + " bytes");
    }
    below.read(record.limit(RECORD_HEAD + length));
    record.flip();
    plain.clear();
    SSLEngineResult result;
    try {
      result = engine.unwrap(record, plain);
      while (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
        runTasks();
        if (!record.hasRemaining()) {
          break;
        }
        result = engine.unwrap(record, plain);
      }
    } catch (SSLException e) {
      sayWhy();
      throw e;
    } finally {
      plain.flip();
    }
    if (result.getStatus() == Status.CLOSED) {
      ended = true;
    }
    HandshakeStatus status = engine.getHandshakeStatus();
    if (open && status == HandshakeStatus.NEED_WRAP && !ended) {
      synchronized (writing) {
        status = wrap(nothing, 0, 1).getHandshakeStatus();
      }
    }
    return ended && !open ? closedEarly() : status;
  }

  private static HandshakeStatus closedEarly() throws SSLException {
    throw new SSLException("the peer ended the handshake");
  }

  /** The alert that tells the peer what is wrong with its certificate or its bytes. */
  private void sayWhy() {
    try {
      synchronized (writing) {
        wrap(nothing, 0, 1);
      }
    } catch (IOException e) {
      // It is told here in any case.
    }
  }

  @Override
  public void patience(long nanos) {
    below.patience(nanos);
  }

  @Override
  public void stopWhen(BooleanSupplier condition) {
    below.stopWhen(condition);
  }

  @Override
  public void wake() {
    below.wake();
  }

  @Override
  public void close() {
    below.close();
  }
}
