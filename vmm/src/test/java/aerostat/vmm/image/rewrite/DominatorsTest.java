package aerostat.vmm.image.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against the definition: a dominates b if b cannot be reached without a. */
class DominatorsTest {
  @Test
  void agreesWithTheDefinitionOnRandomGraphs() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      int n = 1 + random.nextInt(25);
      int[][] successors = new int[n][];
      List<List<Integer>> predecessors = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        predecessors.add(new ArrayList<>());
      }
      for (int i = 0; i < n; i++) {
        successors[i] = random.ints(random.nextInt(4), 0, n).distinct().toArray();
        for (int to : successors[i]) {
          predecessors.get(to).add(i);
        }
      }
      Dominators dominators =
          new Dominators(
              successors,
              predecessors.stream()
                  .map(p -> p.stream().mapToInt(Integer::intValue).toArray())
                  .toArray(int[][]::new));
      boolean[] reached = without(successors, -1);
      for (int a = 0; a < n; a++) {
        boolean[] left = without(successors, a);
        for (int b = 0; b < n; b++) {
          boolean expected = reached[a] && reached[b] && !left[b];
          assertThat(dominators.dominates(a, b))
              .as("seed %d: %d dominates %d", seed, a, b)
              .isEqualTo(expected);
        }
      }
      for (int b = 1; b < n; b++) {
        if (reached[b]) {
          int nearest = dominators.of(b);
          assertThat(nearest).isNotEqualTo(b);
          for (int a = 0; a < n; a++) {
            if (a != b && dominators.dominates(a, b)) {
              assertThat(dominators.dominates(a, nearest)).as("seed %d", seed).isTrue();
            }
          }
        }
      }
    }
  }

  private static boolean[] without(int[][] successors, int removed) {
    boolean[] reached = new boolean[successors.length];
    List<Integer> work = new ArrayList<>();
    if (removed != 0) {
      reached[0] = true;
      work.add(0);
    }
    while (!work.isEmpty()) {
      for (int to : successors[work.removeLast()]) {
        if (to != removed && !reached[to]) {
          reached[to] = true;
          work.add(to);
        }
      }
    }
    return reached;
  }
}
