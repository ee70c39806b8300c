package aerostat.devices.console;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.Trace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConsoleDeviceTest {
  private static final long AT = GuestMemory.RAM_BASE + 4096;

  private final GuestMemory memory = GuestMemory.anonymous(1 << 20);
  private final ConsoleBuffer buffer = new ConsoleBuffer(64);
  private final FlatState flat = new FlatState();
  private final ConsoleDevice console = new ConsoleDevice(memory, flat, buffer, Trace.OFF);

  @AfterEach
  void close() {
    memory.close();
  }

  private void print(long gpa, long length) {
    console.write(ConsoleDevice.BUFFER_LOW, 4, gpa & 0xffff_ffffL);
    console.write(ConsoleDevice.BUFFER_HIGH, 4, gpa >>> 32);
    console.write(ConsoleDevice.PRINT, 4, length);
  }

  @Test
  void printsBytesAndBuffers() {
    byte[] text = "hello\n".getBytes(StandardCharsets.US_ASCII);
    memory.write(AT, MemorySegment.ofArray(text), 0, text.length);
    print(AT, text.length);
    console.write(ConsoleDevice.TX, 4, 0x1_0041);
    assertThat(buffer.text()).isEqualTo("hello\nA");
    assertThat(console.bytesPrinted()).isEqualTo(7);
    assertThat(console.read(0, 4)).isZero();
  }

  @Test
  @DisplayName("bad addresses, lengths, widths and offsets print nothing and are counted")
  void hostileWrites() {
    print(0, 4);
    print(-1L, 4);
    print(memory.end() - 3, 4);
    print(AT, 4097);
    print(AT, 0xffff_ffffL);
    console.write(ConsoleDevice.TX, 1, 'x');
    console.write(16, 4, 'x');
    console.write(0x1_0000_0010L, 4, 'x');
    console.write(-4, 4, 'x');
    assertThat(console.bytesPrinted()).isZero();
    assertThat(console.ignoredAccesses()).isEqualTo(9);
  }

  @Test
  @DisplayName("a flood keeps the newest bytes only")
  void flood() {
    for (int i = 0; i < 100_000; i++) {
      console.write(ConsoleDevice.TX, 4, 'a' + i % 26);
    }
    assertThat(buffer.text()).hasSize(64);
    assertThat(buffer.written()).isEqualTo(100_000);
  }

  @Test
  @DisplayName("a stream that is stuck costs bytes, and the output says how many")
  void stuckStream() {
    CountDownLatch go = new CountDownLatch(1);
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    OutputStream slow =
        new OutputStream() {
          @Override
          public void write(int b) {
            got.write(b);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
              go.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            got.write(bytes, offset, length);
          }
        };
    ConsoleWriter writer = new ConsoleWriter(slow, 16);
    byte[] text = "0123456789".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 100; i++) {
      writer.write(text, 0, 10);
    }
    long dropped = writer.dropped();
    assertThat(dropped).isGreaterThanOrEqualTo(1000 - 16 - 16).isLessThan(1000);
    go.countDown();
    writer.close();
    assertThat(got.toString(StandardCharsets.US_ASCII))
        .startsWith("0123456789")
        .endsWith(" bytes of console output dropped]\n");
  }
}
