package aerostat.tools.bench.migration;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.ZeroTest;
import aerostat.tools.bench.stats.Estimate;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What this host's memory and loopback allow at best, measured beside the migrations: a migration
 * cannot be faster. MiB a second, medians.
 */
final class Limits {
  private static final long BYTES = 256L << 20;
  private static final int PIECE = 1 << 20;
  private static final int RUNS = 5;
  private static final int PAGE = 4096;

  private final Map<String, Estimate> found = new LinkedHashMap<>();

  /** Measures; a few seconds. */
  static Limits measure() throws IOException {
    Limits limits = new Limits();
    try (GuestMemory source = GuestMemory.anonymous(BYTES);
        GuestMemory used = GuestMemory.anonymous(BYTES)) {
      fill(source.segment());
      used.segment().fill((byte) 1);
      limits.add("loopback into fresh memory", () -> loopback(source, null));
      limits.add("loopback into used memory", () -> loopback(source, used));
      limits.add("sum of longs", () -> sum(source.segment()));
      limits.add("scan for zero pages, none zero", () -> scan(source.segment()));
      limits.add("sum of longs, all zero", Limits::sumOfZeros);
      limits.add("scan for zero pages, all zero", Limits::scanOfZeros);
      limits.add("copy of memory", () -> copy(source.segment(), used.segment()));
    }
    return limits;
  }

  private interface Timed {
    /** ns. */
    long run() throws IOException;
  }

  private void add(String name, Timed timed) throws IOException {
    double[] rates = new double[RUNS];
    long warm = timed.run();
    for (int i = 0; i < RUNS; i++) {
      rates[i] = (BYTES >> 20) * 1e9 / Math.max(1, timed.run());
    }
    if (warm > 0) {
      found.put(name, Estimate.of(rates));
    }
  }

  private static void fill(MemorySegment memory) {
    SplittableRandom random = new SplittableRandom(1);
    for (long at = 0; at < memory.byteSize(); at += 8) {
      memory.set(JAVA_LONG, at, random.nextLong() | 1);
    }
  }

  /** With two threads and in pieces, as a migration. */
  private static long loopback(GuestMemory from, @Nullable GuestMemory used) throws IOException {
    try (GuestMemory fresh = GuestMemory.anonymous(BYTES);
        ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      MemorySegment into = (used == null ? fresh : used).segment();
      Thread receiver = Thread.ofPlatform().start(() -> receive(server, into));
      long begin;
      try (SocketChannel out = SocketChannel.open(server.getLocalAddress())) {
        out.setOption(StandardSocketOptions.SO_SNDBUF, PIECE);
        out.setOption(StandardSocketOptions.TCP_NODELAY, true);
        begin = System.nanoTime();
        for (long at = 0; at < BYTES; at += PIECE) {
          ByteBuffer piece = from.segment().asSlice(at, PIECE).asByteBuffer();
          while (piece.hasRemaining()) {
            out.write(piece);
          }
        }
        out.read(ByteBuffer.allocate(1)); // the receiver's word that it has everything
      }
      long took = System.nanoTime() - begin;
      receiver.join();
      return took;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static void receive(ServerSocketChannel server, MemorySegment into) {
    try (SocketChannel in = server.accept()) {
      in.setOption(StandardSocketOptions.SO_RCVBUF, PIECE);
      for (long at = 0; at < BYTES; at += PIECE) {
        ByteBuffer piece = into.asSlice(at, PIECE).asByteBuffer();
        while (piece.hasRemaining() && in.read(piece) >= 0) {
          // Until the piece is full.
        }
      }
      in.write(ByteBuffer.allocate(1));
    } catch (IOException e) {
      // The sender sees the end of the connection.
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static long sum(MemorySegment memory) {
    long begin = System.nanoTime();
    long sum = 0;
    for (long at = 0; at < memory.byteSize(); at += 8) {
      sum += memory.get(JAVA_LONG, at);
    }
    return sum == 42 ? 0 : System.nanoTime() - begin;
  }

  private static long scan(MemorySegment memory) {
    long begin = System.nanoTime();
    long zeros = 0;
    for (long at = 0; at < memory.byteSize(); at += PAGE) {
      zeros += ZeroTest.isZero(memory, at, PAGE) ? 1 : 0;
    }
    return zeros < 0 ? 0 : System.nanoTime() - begin;
  }

  private static long sumOfZeros() {
    try (GuestMemory fresh = GuestMemory.anonymous(BYTES)) {
      fresh.prepareRead(0, fresh.pages());
      return sum(fresh.segment());
    }
  }

  private static long scanOfZeros() {
    try (GuestMemory fresh = GuestMemory.anonymous(BYTES)) {
      fresh.prepareRead(0, fresh.pages());
      return scan(fresh.segment());
    }
  }

  private static long copy(MemorySegment from, MemorySegment to) {
    long begin = System.nanoTime();
    to.copyFrom(from);
    return System.nanoTime() - begin;
  }

  /** MiB a second of raw loopback into fresh memory. */
  double raw() {
    Estimate estimate = found.get("loopback into fresh memory");
    return estimate == null ? 0 : estimate.median();
  }

  Map<String, Estimate> found() {
    return found;
  }
}
