package aerostat.guest.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.machine.Cpu;
import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VsprintfTest {
  private static final long BUFFER = 0x4100_0000L;

  @BeforeEach
  void setUp() {
    PlainKernel.setUp(64 << 20, "");
  }

  private static String format(int size, String format, long... arguments) {
    long[] a = Arrays.copyOf(arguments, 6);
    int n = Vsprintf.snprintf(BUFFER, size, Cpu.string(format), a[0], a[1], a[2], a[3], a[4], a[5]);
    byte[] bytes = new byte[n];
    for (int i = 0; i < n; i++) {
      bytes[i] = (byte) PlainMachine.load8(BUFFER + i);
    }
    assertThat(PlainMachine.load8(BUFFER + n)).isZero();
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String format(String format, long... arguments) {
    return format(1000, format, arguments);
  }

  @Test
  void conversionsAsInC() {
    assertThat(format("%d %i %u", -5, 7, -1)).isEqualTo("-5 7 4294967295");
    assertThat(format("%ld %lu %llu", -5, -1, 1L << 40))
        .isEqualTo("-5 18446744073709551615 1099511627776");
    assertThat(format("%x %X %#x %lx", 255, 255, 255, -1)).isEqualTo("ff FF 0xff ffffffffffffffff");
    assertThat(format("%5d|%-5d|%05d|%5s|%-5s|", 42, 42, -42, Cpu.string("ab"), Cpu.string("cd")))
        .isEqualTo("   42|42   |-0042|   ab|cd   |");
    assertThat(format("%c%c %s %%", 'o', 'k', 0)).isEqualTo("ok (null) %");
    assertThat(format("%p", 0x4000_0000L)).isEqualTo("0000000040000000");
    assertThat(format("%d %ld", Long.MIN_VALUE, Long.MIN_VALUE))
        .isEqualTo("0 -9223372036854775808");
  }

  @Test
  void whatIsUnknownIsPrintedAsItStands() {
    assertThat(format("%q %d", 1)).isEqualTo("%q 1");
    assertThat(format("100%")).isEqualTo("100%");
    assertThat(format("%5")).isEqualTo("%5");
    assertThat(format("")).isEmpty();
  }

  @Test
  void theBufferIsNeverOverrun() {
    String[] formats = {"%d and %s", "%20lx", "%d %-30s|", "plain text", "%05d%c%%", "%p%p"};
    for (String text : formats) {
      String whole = format(text, 12345, Cpu.string("string"));
      for (int size = 0; size <= whole.length() + 1; size++) {
        PlainMachine.store8(BUFFER + size, 0x77);
        if (size == 0) {
          assertThat(Vsprintf.snprintf(BUFFER, 0, Cpu.string(text), 1, 2, 3, 4, 5, 6)).isZero();
        } else {
          assertThat(format(size, text, 12345, Cpu.string("string")))
              .isEqualTo(whole.substring(0, Math.min(size - 1, whole.length())));
        }
        assertThat(PlainMachine.load8(BUFFER + size)).isEqualTo(0x77);
      }
    }
  }

  @Test
  void agreesWithJavaOnRandomNumbers() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 5000; i++) {
      long value = random.nextLong() >> random.nextInt(64);
      int width = random.nextInt(25);
      String spec = (random.nextBoolean() ? "%-" : "%") + (width == 0 ? "" : width) + "d";
      assertThat(format(spec.replace("d", "ld"), value))
          .as("%s of %d, seed %d", spec.replace("%", "%%"), value, seed)
          .isEqualTo(width == 0 ? Long.toString(value) : String.format(spec, value));
    }
  }

  @Test
  void printkStampsLogsAndFilters() {
    Printk.setConsoleLevel(4);
    Printk.info("hidden\n");
    Printk.err("seen %d\n", 3);
    String console = PlainMachine.mmio().console();
    assertThat(console).doesNotContain("hidden").containsPattern("\\[ {4}0\\.\\d{6}] seen 3\n$");
  }

  @Test
  void theLogIsARing() {
    for (int i = 0; i < 3000; i++) {
      Printk.debug("line %d of the log\n", i);
    }
    long end = PlainMachine.load64(KernelData.LOG_END);
    assertThat(end).isGreaterThan(2 * KernelData.LOG_SIZE);
    StringBuilder tail = new StringBuilder();
    for (long at = end - 25; at < end; at++) {
      tail.append((char) PlainMachine.load8(KernelData.LOG + at % KernelData.LOG_SIZE));
    }
    assertThat(tail.toString()).endsWith("line 2999 of the log\n");
  }
}
