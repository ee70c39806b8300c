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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What this host's memory and loopback allow at best, measured beside the migrations: a migration
 * cannot be faster. MiB a second, medians.
 */
public final class Limits implements AutoCloseable {
  public static final String RAW = "loopback into fresh memory";
  public static final String SUM = "sum of longs, untouched memory";
  public static final String SCAN = "scan for zero pages, untouched memory";
  public static final String SUM_HELD = "sum of longs, zeros in memory";
  public static final String SCAN_HELD = "scan for zero pages, zeros in memory";

  private static final long BYTES = 256L << 20;
  private static final int PIECE = 1 << 20;
  private static final int SAMPLES = 3;
  private static final int WARM = 3;
  private static final int PAGE = 4096;

  private final GuestMemory source = GuestMemory.anonymous(BYTES);
  private final GuestMemory used = GuestMemory.anonymous(BYTES);
  private final GuestMemory zeros = GuestMemory.anonymous(BYTES);
  private final Map<String, List<double[]>> rates = new LinkedHashMap<>();

  private Limits() {
    fill(source.segment());
    used.segment().fill((byte) 1);
    zeros.segment().fill((byte) 0);
  }

  /** Makes its memory, and lets the compiler see its loops. */
  public static Limits prepare() throws IOException {
    Limits limits = new Limits();
    for (int i = 0; i < WARM; i++) {
      limits.sample();
    }
    limits.rates.clear();
    return limits;
  }

  private interface Timed {
    /** ns. */
    long run() throws IOException;
  }

  /** Measures everything a few times; what belongs to a goal's ratio right after each other. */
  public void sample() throws IOException {
    Map<String, double[]> round = new LinkedHashMap<>();
    for (int i = 0; i < SAMPLES; i++) {
      add(round, i, RAW, () -> loopback(source, null));
      add(round, i, "loopback into used memory", () -> loopback(source, used));
      add(round, i, SUM, Limits::sumOfZeros);
      add(round, i, SCAN, Limits::scanOfZeros);
      add(round, i, SUM_HELD, () -> sum(zeros.segment()));
      add(round, i, SCAN_HELD, () -> scan(zeros.segment()));
      add(round, i, "sum of longs, no zeros", () -> sum(source.segment()));
      add(round, i, "copy of memory", () -> copy(source.segment(), used.segment()));
    }
    round.forEach((name, all) -> rates.computeIfAbsent(name, n -> new ArrayList<>()).add(all));
  }

  private static void add(Map<String, double[]> round, int i, String name, Timed timed)
      throws IOException {
    round.computeIfAbsent(name, n -> new double[SAMPLES])[i] =
        (BYTES >> 20) * 1e9 / Math.max(1, timed.run());
  }

  /** How many times {@link #sample} was called. */
  public int rounds() {
    return rates.isEmpty() ? 0 : rates.values().iterator().next().size();
  }

  /** MiB a second, median of one call of {@link #sample}. */
  public double rate(String name, int round) {
    return Estimate.of(samples(name).get(round)).median();
  }

  /** Of samples taken right after each other. */
  public Estimate ratio(String name, String other) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < rounds(); i++) {
      for (int j = 0; j < SAMPLES; j++) {
        ratios.add(samples(name).get(i)[j] / samples(other).get(i)[j]);
      }
    }
    return Estimate.of(ratios);
  }

  private List<double[]> samples(String name) {
    return rates.getOrDefault(name, List.of());
  }

  /** Ends the use of its memory. */
  @Override
  public void close() {
    source.close();
    used.close();
    zeros.close();
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

  /** MiB a second of everything, over all samples. */
  Map<String, Estimate> found() {
    Map<String, Estimate> found = new LinkedHashMap<>();
    rates.forEach(
        (name, rounds) ->
            found.put(
                name, Estimate.of(rounds.stream().flatMapToDouble(Arrays::stream).toArray())));
    return found;
  }
}
