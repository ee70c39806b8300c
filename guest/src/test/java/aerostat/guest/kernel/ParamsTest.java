package aerostat.guest.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParamsTest {
  private static void boot(String line) {
    PlainKernel.setUp(64 << 20, line);
  }

  private static String text(CString string) {
    if (string == null) {
      return "<null>";
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < string.length(); i++) {
      text.append((char) string.at(i));
    }
    return text.toString();
  }

  private static String console() {
    return PlainMachine.mmio().console();
  }

  @Test
  void wordsValuesAndQuotes() {
    boot("  a=1  bare b=\"two words\" \"c=x y\" d= e=f=g  dash-name=1 ");
    assertThat(text(Params.get("a"))).isEqualTo("1");
    assertThat(Params.has("bare")).isTrue();
    assertThat(text(Params.get("bare"))).isEqualTo("<null>");
    assertThat(text(Params.get("b"))).isEqualTo("two words");
    assertThat(text(Params.get("c"))).isEqualTo("x y");
    assertThat(text(Params.get("d"))).isEmpty();
    assertThat(text(Params.get("e"))).isEqualTo("f=g");
    assertThat(text(Params.get("dash_name"))).isEqualTo("1");
    assertThat(Params.has("none")).isFalse();
    Params.reportUnknown();
    assertThat(console()).doesNotContain("Unknown");
  }

  @Test
  void theLastOneWinsAndAllCanBeWalked() {
    boot("virtio_mmio.device=4K@0x0a000000:1 x=1 virtio_mmio.device=4K@0x0a001000:2 x=2");
    assertThat(Params.number("x", 0)).isEqualTo(2);
    int first = Params.find("virtio_mmio.device", 0);
    int second = Params.find("virtio_mmio.device", first + 1);
    assertThat(text(Params.valueAt(first))).isEqualTo("4K@0x0a000000:1");
    assertThat(text(Params.valueAt(second))).isEqualTo("4K@0x0a001000:2");
    assertThat(Params.find("virtio_mmio.device", second + 1)).isEqualTo(-1);
    CString value = Params.valueAt(first);
    assertThat(NumberParser.value(value)).isEqualTo(4096);
    assertThat(PlainMachine.load8(NumberParser.skip(value))).isEqualTo('@');
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "42, 42",
    "0x1f, 31",
    "010, 8",
    "4K, 4096",
    "3m, 3145728",
    "2G, 2147483648",
    "1T, 1099511627776",
    "0x10k, 16384",
    "99999999999999999999, 9223372036854775807",
    "9223372036854775807G, 9223372036854775807",
    "-5, -7",
    "5x, -7",
    "K, -7",
    "0x, -7",
    "08, -7",
    "'', -7",
    "1KK, -7"
  })
  void numbers(String text, long expected) {
    boot("n=" + text);
    assertThat(Params.number("n", -7)).isEqualTo(expected);
    if (expected == -7) {
      assertThat(console()).contains("`" + text + "' invalid for parameter `n'");
    }
  }

  @Test
  void flags() {
    boot("a b=on c=0 d=maybe");
    assertThat(Params.flag("a", false)).isTrue();
    assertThat(Params.flag("b", false)).isTrue();
    assertThat(Params.flag("c", true)).isFalse();
    assertThat(Params.flag("d", true)).isTrue();
    assertThat(Params.flag("none", true)).isTrue();
    assertThat(console()).contains("`maybe' invalid for parameter `d'");
  }

  @Test
  void aNumberWithoutValueIsReported() {
    boot("n");
    assertThat(Params.number("n", 3)).isEqualTo(3);
    assertThat(console()).contains("Missing argument for parameter `n'");
  }

  @Test
  void anyBytesAreTaken() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String alphabet = " =\"'ax0-_.@:\t\n\u0001\u00ff%s";
    for (int i = 0; i < 300; i++) {
      StringBuilder line = new StringBuilder();
      int length = random.nextInt(2047);
      for (int k = 0; k < length; k++) {
        line.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      boot("quiet " + line.substring(0, Math.min(length, 2041)));
      Params.number("x", 0);
      Params.flag("a", false);
      Params.reportUnknown();
      assertThat(console()).as("seed %d", seed).doesNotContain("panic");
    }
  }

  @Test
  void aLengthBeyondTheLimitIsCutOff() {
    PlainMachine.reset(64 << 20);
    long params = PlainMachine.bootParams("a=1");
    PlainMachine.store64(params + 40, Long.MAX_VALUE);
    Entry.setUp(params);
    assertThat(text(Params.get("a"))).startsWith("1");
  }
}
