package aerostat.tools.processes;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.child.VmmChild;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bad input to the sockets of running VMMs: the guest behind them goes on and loses nothing. */
@Timeout(120)
class DoorsIT {
  private static final long SEED = 20_260_707;
  private static final int HEADER = 36;

  @TempDir Path folder = Path.of("unset");

  @Test
  void garbageAtTheMigrationPort_leavesItOpenForTheRealGuest() throws Exception {
    try (Fleet fleet = new Fleet(folder)) {
      VmmChild source = fleet.startGuest("A");
      VmmChild to = fleet.startEmpty("B");
      String uri = Fleet.listen(to, "tcp:127.0.0.1:0");
      InetSocketAddress port =
          new InetSocketAddress(
              "127.0.0.1", Integer.parseInt(uri.substring(uri.lastIndexOf(':') + 1)));
      Random random = new Random(SEED);
      List<SocketChannel> halfOpen = new ArrayList<>();
      try {
        halfOpen.add(SocketChannel.open(port));
        for (byte[] bytes : badStreams(random)) {
          try (SocketChannel client = SocketChannel.open(port)) {
            send(client, bytes);
          }
        }
        halfOpen.add(SocketChannel.open(port));

        Fleet.move(source, to, uri);
      } finally {
        for (SocketChannel client : halfOpen) {
          client.close();
        }
      }
      Fleet.countsOn(to);
    }
  }

  @Test
  void garbageAtTheMonitor_isAnsweredAndHarmsNobody() throws Exception {
    try (Fleet fleet = new Fleet(folder)) {
      VmmChild vmm = fleet.startGuest("A");
      Random random = new Random(SEED);
      for (byte[] bytes : badLines(random)) {
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
          client.connect(UnixDomainSocketAddress.of(folder.resolve("A.sock")));
          send(client, "{\"execute\":\"qmp_capabilities\"}\n".getBytes(StandardCharsets.UTF_8));
          send(client, bytes);
        }
      }

      assertThat(Fleet.runState(vmm)).isEqualTo("running");
      Fleet.countsOn(vmm);
      assertThat(java.nio.file.Files.readString(folder.resolve("A.log"))).doesNotContain("\tat ");
    }
  }

  /** A peer may hang up on what it refuses before all of it is written. */
  private static void send(SocketChannel client, byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try {
      while (buffer.hasRemaining()) {
        client.write(buffer);
      }
    } catch (IOException refused) {
      assertThat(client.isOpen()).isTrue();
    }
  }

  private static List<byte[]> badStreams(Random random) {
    List<byte[]> streams = new ArrayList<>();
    byte[] noise = new byte[1 << 20];
    random.nextBytes(noise);
    streams.add(noise);
    streams.add(new byte[1 << 20]);
    streams.add(new byte[0]);
    streams.add("{\"execute\":\"qmp_capabilities\"}\n".getBytes(StandardCharsets.UTF_8));
    streams.add("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    streams.add(header(99, 1, 16));
    streams.add(header(1, 1, Integer.MAX_VALUE));
    streams.add(header(1, 1, -1));
    streams.add(header(1, 13, 0));
    streams.add(header(1, 200, 0));
    for (int i = 0; i < 20; i++) {
      byte[] short1 = header(1, 1 + random.nextInt(17), random.nextInt(64));
      streams.add(java.util.Arrays.copyOf(short1, random.nextInt(short1.length)));
    }
    return streams;
  }

  /** A header with a right checksum, and noughts as its payload. */
  private static byte[] header(int version, int type, int payload) {
    byte[] bytes = new byte[HEADER + Math.max(0, Math.min(payload, 4096))];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(0x4D524541).putShort((short) version).put((byte) type);
    buffer.putInt(16, payload);
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, 32);
    buffer.putInt(32, (int) crc.getValue());
    return bytes;
  }

  private static List<byte[]> badLines(Random random) {
    List<byte[]> lines = new ArrayList<>();
    byte[] noise = new byte[1 << 16];
    random.nextBytes(noise);
    lines.add(noise);
    for (String line :
        List.of(
            "{",
            "}",
            "[]",
            "null\n",
            "{\"execute\":7}\n",
            "{\"execute\":\"" + "x".repeat(2 << 20) + "\"}\n",
            "[".repeat(100_000) + "\n",
            "{\"a\":".repeat(100_000) + "\n",
            "{\"execute\":\"balloon\",\"arguments\":{\"value\":-1}}\n",
            "{\"execute\":\"balloon\",\"arguments\":{\"value\":1e400}}\n",
            "{\"execute\":\"balloon\",\"arguments\":{\"value\":\"half\"}}\n",
            "{\"execute\":\"balloon\",\"arguments\":[1]}\n",
            "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"exec:true\"}}\n",
            "{\"execute\":\"migrate\",\"arguments\":{\"uri\":{}}}\n",
            "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"tcp:0:0\"}}\n",
            "{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"max-bandwidth\":-1}}\n",
            "{\"execute\":\"x-migrate-claim\",\"arguments\":{\"force\":\"yes\"}}\n",
            "{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"/\",\"property\":\"\"}}\n",
            "{\"execute\":\"x-trace\",\"arguments\":{\"enable\":true,\"path\":\"/\"}}\n",
            "{\"execute\":\"x-console-tail\",\"arguments\":{\"bytes\":-5}}\n",
            "GET / HTTP/1.1\r\n\r\n")) {
      lines.add(line.getBytes(StandardCharsets.UTF_8));
    }
    return lines;
  }
}
