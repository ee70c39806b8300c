package aerostat.vmm.image.rewrite;

import java.util.Arrays;

/**
 * The dominator tree of a method (Lengauer and Tarjan's simple algorithm). Its time does not depend
 * on the shape of the code, which a stranger chose: n log n, where the iteration that is common for
 * code of compilers can take n cubed.
 *
 * <p>Inside, instructions are known by their number in a depth-first search.
 */
final class Dominators {
  private final int[] number;
  private final int[] node;
  private final int[] parent;
  private final int[] idom;
  private final int reached;

  /** Entry into and way out of each subtree of the dominator tree, numbered. */
  private final int[] from;

  private final int[] to;

  // Of the algorithm alone.
  private final int[] semi;
  private final int[] ancestor;
  private final int[] best;
  private final int[] path;

  Dominators(int[][] successors, int[][] predecessors) {
    int n = successors.length;
    number = new int[n];
    Arrays.fill(number, -1);
    node = new int[n];
    parent = new int[n];
    idom = new int[n];
    semi = new int[n];
    ancestor = new int[n];
    best = new int[n];
    path = new int[n];
    from = new int[n];
    to = new int[n];
    reached = n == 0 ? 0 : search(successors);
    find(predecessors);
    span();
  }

  /** Whether every way to {@code b} leads over {@code a}; false if none leads there. */
  boolean dominates(int a, int b) {
    int x = number[a];
    int y = number[b];
    return x >= 0 && y >= 0 && from[x] <= from[y] && to[y] <= to[x];
  }

  /** The last instruction that every way to this one leads over; itself for the first. */
  int of(int at) {
    return node[idom[number[at]]];
  }

  private int search(int[][] successors) {
    int[] next = new int[successors.length];
    int found = 0;
    int at = 0;
    number[at] = found;
    node[found++] = at;
    while (at >= 0) {
      if (next[at] < successors[at].length) {
        int s = successors[at][next[at]++];
        if (number[s] < 0) {
          parent[found] = number[at];
          number[s] = found;
          node[found++] = s;
          at = s;
        }
      } else {
        at = number[at] == 0 ? -1 : node[parent[number[at]]];
      }
    }
    return found;
  }

  private void find(int[][] predecessors) {
    int[] bucket = new int[reached];
    int[] more = new int[reached];
    Arrays.fill(bucket, -1);
    Arrays.fill(ancestor, -1);
    for (int w = 0; w < reached; w++) {
      semi[w] = best[w] = w;
    }
    for (int w = reached - 1; w > 0; w--) {
      for (int p : predecessors[node[w]]) {
        if (number[p] >= 0) {
          semi[w] = Math.min(semi[w], semi[lowest(number[p])]);
        }
      }
      more[w] = bucket[semi[w]];
      bucket[semi[w]] = w;
      ancestor[w] = parent[w];
      for (int v = bucket[parent[w]]; v >= 0; v = more[v]) {
        int u = lowest(v);
        idom[v] = semi[u] < semi[v] ? u : parent[w];
      }
      bucket[parent[w]] = -1;
    }
    for (int w = 1; w < reached; w++) {
      if (idom[w] != semi[w]) {
        idom[w] = idom[idom[w]];
      }
    }
  }

  /** The one with the least semidominator on the linked path above; shortens that path. */
  private int lowest(int v) {
    int depth = 0;
    for (int at = v; ancestor[at] >= 0 && ancestor[ancestor[at]] >= 0; at = ancestor[at]) {
      path[depth++] = at;
    }
    while (depth > 0) {
      int at = path[--depth];
      int above = ancestor[at];
      if (semi[best[above]] < semi[best[at]]) {
        best[at] = best[above];
      }
      ancestor[at] = ancestor[above];
    }
    return best[v];
  }

  /** Numbers the subtrees: a dominator has a lower number than what it dominates. */
  private void span() {
    int[] size = new int[reached];
    for (int w = reached - 1; w > 0; w--) {
      size[w]++;
      size[idom[w]] += size[w];
    }
    int[] used = new int[reached];
    for (int w = 0; w < reached; w++) {
      if (w == 0) {
        to[w] = reached - 1;
        continue;
      }
      from[w] = from[idom[w]] + 1 + used[idom[w]];
      to[w] = from[w] + size[w] - 1;
      used[idom[w]] += size[w];
    }
  }
}
