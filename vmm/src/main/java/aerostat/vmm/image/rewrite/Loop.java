package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.erase.ErasedMethod;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.tree.LabelNode;

/** A loop: a header to which edges lead back, and what can run between two passes of it. */
final class Loop {
  private final int header;
  private final LabelNode label;
  private final List<Integer> latches = new ArrayList<>();
  private final BitSet body = new BitSet();
  private boolean natural = true;
  private @Nullable Loop outer;

  private Loop(int header, LabelNode label) {
    this.header = header;
    this.label = label;
    body.set(header);
  }

  /** Index of the header's label. */
  int header() {
    return header;
  }

  /** The header's label. */
  LabelNode label() {
    return label;
  }

  /** Instructions from which edges lead back to the header. */
  List<Integer> latches() {
    return latches;
  }

  /** Instructions of the loop, inner loops included. */
  BitSet body() {
    return body;
  }

  /** Whether its header is its only entry. */
  boolean isNatural() {
    return natural;
  }

  /** The smallest loop around this one, or null. */
  @Nullable Loop outer() {
    return outer;
  }

  /** All loops of a method, inner ones before those around them. */
  static List<Loop> find(Flow flow, ErasedMethod method, LoopWork work) {
    SortedMap<Integer, Loop> byHeader = new TreeMap<>();
    for (int from : flow.order()) {
      for (int to : flow.successors(from)) {
        if (flow.isRetreating(from, to)) {
          Loop loop = byHeader.computeIfAbsent(to, h -> new Loop(h, (LabelNode) flow.node(h)));
          loop.latches.add(from);
          loop.natural &= flow.dominators().dominates(to, from);
        }
      }
    }
    work.add(method, flow.size(), byHeader.size());
    List<Loop> loops = new ArrayList<>(byHeader.values());
    for (Loop loop : loops) {
      loop.fill(flow);
    }
    loops.sort(
        java.util.Comparator.comparingInt((Loop l) -> l.body.cardinality())
            .thenComparingInt(l -> l.header));
    for (int i = 0; i < loops.size(); i++) {
      for (int j = i + 1; j < loops.size() && loops.get(i).outer == null; j++) {
        if (loops.get(j).body.get(loops.get(i).header)) {
          loops.get(i).outer = loops.get(j);
        }
      }
    }
    return loops;
  }

  /**
   * What reaches a latch without passing the header, which dominates all that does; all that can
   * reach it if there are other entries.
   */
  private void fill(Flow flow) {
    List<Integer> work = new ArrayList<>();
    for (int latch : latches) {
      if (!body.get(latch)) {
        body.set(latch);
        work.add(latch);
      }
    }
    while (!work.isEmpty()) {
      int at = work.removeLast();
      for (int p : flow.predecessors(at)) {
        if (!body.get(p) && (!natural || flow.isReached(p))) {
          body.set(p);
          work.add(p);
        }
      }
    }
  }
}
