package aerostat.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of the guest's output. */
@Timeout(60)
class GuestConsoleTest {
  @Test
  void theConsoleKeepsItsEnd() {
    GuestConsole console = new GuestConsole(OutputStream.nullOutputStream());
    byte[] first = new byte[GuestConsole.KEPT];
    Arrays.fill(first, (byte) '.');
    console.write(first, 0, first.length);
    byte[] second = "the end".getBytes(StandardCharsets.ISO_8859_1);
    console.write(second, 0, second.length);

    assertThat(console.tail(9)).isEqualTo("..the end");
    assertThat(console.tail(1 << 20)).hasSize(GuestConsole.KEPT).endsWith("..the end");
  }

  @Test
  void oneWriteLongerThanTheConsoleKeepsItsEndToo() {
    GuestConsole console = new GuestConsole(OutputStream.nullOutputStream());
    byte[] text = ("a".repeat(50_001) + "xyz").getBytes(StandardCharsets.ISO_8859_1);
    console.write(text, 0, text.length);

    assertThat(console.tail(5)).isEqualTo("aaxyz");
  }

  @Test
  void aConsoleWhoseTargetFailsGoesOn() {
    GuestConsole console =
        new GuestConsole(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("disk full");
              }
            });
    console.write('a');
    console.write('b');

    assertThat(console.tail(10)).isEqualTo("ab");
  }

  @Test
  void aPipeThatNobodyReadsHoldsUpNoGuest() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            try {
              read.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            got.write(b);
          }
        };
    GuestConsole console = GuestConsole.unhurried(full);
    byte[] line = "x".repeat(1 << 16).getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < 40; i++) {
      console.write(line, 0, line.length);
    }
    console.write('!');

    assertThat(console.tail(2)).isEqualTo("x!");
    read.countDown();
    console.close();
    assertThat(got.toString(StandardCharsets.ISO_8859_1))
        .startsWith("xxx")
        .endsWith(" bytes of console output dropped]\n");
  }
}
