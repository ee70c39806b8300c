package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import aerostat.vmm.image.rewrite.Rewriter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Random damage to real class files is refused or harmless, and never anything else. */
class ImageFuzzTest {
  private static final long SEED = Long.getLong("aerostat.seed", 20261120L);
  private static final int ROUNDS = Integer.getInteger("aerostat.rounds", 250);

  @Test
  void flippedBytesOfSmallClassFiles() {
    flip(TestImages.shapes(), ROUNDS);
  }

  @Test
  void flippedBytesOfTheGuest() throws IOException {
    flip(GuestImage.defaultImage(), ROUNDS / 10);
  }

  private static void flip(GuestImage image, int rounds) {
    Random random = new Random(SEED);
    Map<String, byte[]> whole = new TreeMap<>(image.classes());
    List<String> names = new ArrayList<>(whole.keySet());
    int refused = 0;
    for (int round = 0; round < rounds; round++) {
      Map<String, byte[]> classes = new TreeMap<>(whole);
      String name = names.get(random.nextInt(names.size()));
      byte[] bytes = whole.getOrDefault(name, new byte[0]).clone();
      int flips = 1 + random.nextInt(3);
      for (int i = 0; i < flips; i++) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      if (random.nextInt(10) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      classes.put(name, bytes);
      long begin = System.nanoTime();
      try {
        GuestImage damaged = GuestImage.fromClasses(classes, image.entryClass());
        GuestImage.decode(damaged.encode());
        Rewriter.rewrite(damaged, Rewriter.Options.VM);
      } catch (ImageRefusedException e) {
        refused++;
        if (String.valueOf(e.getMessage()).contains(Rewriter.INTERNAL_ERROR)) {
          fail("seed " + SEED + ", round " + round + ", " + name, e);
        }
      } catch (RuntimeException | Error e) {
        fail("seed " + SEED + ", round " + round + ", " + name, e);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .as("seed %d, round %d, %s", SEED, round, name)
          .isLessThan(Duration.ofSeconds(60));
    }
    assertThat(refused).as("seed %d", SEED).isPositive().isLessThan(rounds);
  }

  @Test
  void flippedBytesOfTheBlob() {
    Random random = new Random(SEED);
    byte[] good = TestImages.shapes().encode();
    for (int round = 0; round < 2000; round++) {
      byte[] bytes = good.clone();
      bytes[random.nextInt(random.nextBoolean() ? 200 : bytes.length)] = (byte) random.nextInt();
      if (random.nextInt(4) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 50));
      }
      try {
        GuestImage image = GuestImage.decode(bytes);
        assertThat(image.encode()).isEqualTo(bytes);
      } catch (ImageRefusedException e) {
        assertThat(e.refusals()).isNotEmpty();
      } catch (RuntimeException | Error e) {
        fail("seed " + SEED + ", round " + round, e);
      }
    }
  }
}
