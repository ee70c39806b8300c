package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.IntrinsicTable;
import aerostat.vmm.image.Rule;
import aerostat.vmm.image.erase.ErasedMethod;
import aerostat.vmm.image.erase.ErasedProgram;
import aerostat.vmm.image.verify.Refusals;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who calls whom: finds cycles, decides which methods poll at their entry and which can be stopped,
 * and so bounds the work between two polls even for a guest made to avoid them.
 */
final class CallGraph {
  /** Instructions between two polls, roughly, above which a method polls at its entry. */
  private static final long MAX_COST = 200_000;

  /** Instructions between two polls of a loop, roughly, above which it polls every trip. */
  private static final long MAX_LOOP_COST = 500_000;

  /** Most instructions of a {@code @Bounded} method with all that it calls, roughly. */
  private static final long MAX_BOUNDED_COST = 16_000_000;

  private final ErasedProgram program;
  private final List<MethodPlan> plans;
  private final int[][] callees;

  /** Methods, callees before callers, cycles together. */
  private final List<int[]> components = new ArrayList<>();

  CallGraph(ErasedProgram program, List<MethodPlan> plans) {
    this.program = program;
    this.plans = plans;
    callees = new int[plans.size()][];
    for (int i = 0; i < callees.length; i++) {
      callees[i] = plans.get(i).callees.stream().mapToInt(m -> m.id() - 1).distinct().toArray();
    }
    findComponents();
  }

  /** Methods by index (id - 1), callees before callers; those of one cycle together. */
  List<int[]> components() {
    return components;
  }

  int[] callees(int method) {
    return callees[method];
  }

  MethodPlan plan(int method) {
    return plans.get(method);
  }

  /** Settles polls at entries, and which methods can be stopped. */
  void settle(Refusals refusals) {
    for (int[] component : components) {
      boolean cyclic = component.length > 1 || calls(component[0], component[0]);
      for (int m : component) {
        MethodPlan p = plans.get(m);
        p.cyclic = cyclic;
        p.entryPoll = cyclic;
        p.entry = cyclic ? EntryPoint.find(program, p) : null;
      }
      for (int m : component) {
        settle(plans.get(m), m, refusals);
      }
    }
  }

  private void settle(MethodPlan p, int m, Refusals refusals) {
    boolean bounded = p.method.bound() >= 0;
    if (!bounded) {
      guardCostlyLoops(p);
    }
    p.cost = cost(p);
    if (!bounded && p.cost > MAX_COST) {
      p.entryPoll = true;
      p.attentive = true;
    }
    p.resumable = p.leaves || p.polls();
    for (int callee : callees[m]) {
      p.resumable |= plans.get(callee).resumable || plans.get(callee).cyclic;
    }
    if (bounded && (p.resumable || p.cyclic)) {
      refuse(
          p,
          refusals,
          p.cyclic
              ? "a @Bounded method calls itself"
              : "a @Bounded method calls one that has a safepoint",
          "drop the annotation, or call only @Bounded and loop-free methods");
    } else if (bounded && p.cost > MAX_BOUNDED_COST) {
      refuse(p, refusals, "a @Bounded method that can run for too long", "promise fewer trips");
    }
    for (MethodPlan.LoopPlan l : p.loops) {
      if (l.guard != MethodPlan.Guard.BOUND && callsResumable(p, l)) {
        l.guard = l.guard == MethodPlan.Guard.EVERY ? l.guard : MethodPlan.Guard.CREDIT;
        l.weight = MethodPlan.HEAVY;
      }
    }
  }

  /**
   * A loop with too much work between two polls gets one every trip. What inner loops and methods
   * with polls of their own do does not count: for them there is {@link MethodPlan#HEAVY}.
   */
  private void guardCostlyLoops(MethodPlan p) {
    Map<MethodPlan.LoopPlan, Long> trip = new HashMap<>();
    for (int i = 0; i < p.flow.size(); i++) {
      MethodPlan.LoopPlan l = p.innermostPlan(i);
      if (l != null) {
        ErasedMethod callee = program.callee(p.flow.node(i));
        boolean stops = callee != null && plans.get(callee.id() - 1).resumable;
        trip.merge(l, stops ? 1 : cost(p, i), CallGraph::add);
      }
    }
    for (MethodPlan.LoopPlan l : p.loops) { // inner loops come first
      long all = Math.min(trip.getOrDefault(l, 0L) * p.trips(l), Integer.MAX_VALUE);
      MethodPlan.LoopPlan outer = p.outer(l);
      if (l.guard == MethodPlan.Guard.NONE && all <= MAX_COST) {
        if (outer != null) {
          trip.merge(outer, all, CallGraph::add);
        }
      } else if ((l.guard != MethodPlan.Guard.EVERY && all > MAX_LOOP_COST)
          || l.guard == MethodPlan.Guard.NONE) {
        l.guard = MethodPlan.Guard.EVERY;
        for (MethodPlan.LoopPlan o = outer; o != null; o = p.outer(o)) {
          if (o.guard == MethodPlan.Guard.STRIP) {
            o.guard = MethodPlan.Guard.CREDIT;
            o.weight = MethodPlan.HEAVY;
          }
        }
      }
    }
  }

  private static long add(long a, long b) {
    return Math.min(a + b, Integer.MAX_VALUE);
  }

  private static void refuse(MethodPlan p, Refusals refusals, String what, String instead) {
    ErasedMethod m = p.method;
    refusals.add(Rule.BOUNDED, m.owner().name(), m.sourceName(), m.line(), what, instead);
  }

  private boolean callsResumable(MethodPlan p, MethodPlan.LoopPlan l) {
    for (int i = l.loop.body().nextSetBit(0); i >= 0; i = l.loop.body().nextSetBit(i + 1)) {
      ErasedMethod callee = program.callee(p.flow.node(i));
      if (callee != null && plans.get(callee.id() - 1).resumable) {
        return true;
      }
    }
    return false;
  }

  private long cost(MethodPlan p) {
    long sum = 0;
    long largest = 0;
    for (int i = 0; i < p.flow.size(); i++) {
      long all = Math.min(cost(p, i) * p.passes(i), Integer.MAX_VALUE);
      largest = Math.max(largest, all);
      sum = Math.min(sum + all, Integer.MAX_VALUE);
    }
    // Of a dispatcher's calls only one is made.
    return p.method.isDispatcher() ? Math.min(sum, largest + 20) : sum;
  }

  /** Instructions that one run of this one comes to, roughly. */
  private long cost(MethodPlan p, int i) {
    ErasedMethod callee = program.callee(p.flow.node(i));
    if (callee != null) {
      MethodPlan c = plans.get(callee.id() - 1);
      return c.entry != null ? 1 + c.entry.cost() : c.entryPoll ? 1 : 1 + c.cost;
    }
    IntrinsicTable.Intrinsic intrinsic = MethodPlan.intrinsic(p.flow.node(i));
    if (intrinsic != null) {
      return intrinsic.cost();
    }
    return p.flow.node(i).getOpcode() >= 0 ? 1 : 0;
  }

  private boolean calls(int caller, int callee) {
    return Arrays.stream(callees[caller]).anyMatch(c -> c == callee);
  }

  /** Tarjan's strongly connected components, without recursion. */
  private void findComponents() {
    int n = callees.length;
    int[] number = new int[n];
    int[] low = new int[n];
    boolean[] open = new boolean[n];
    int[] next = new int[n];
    int[] path = new int[n];
    int[] stack = new int[n];
    int stacked = 0;
    int count = 0;
    for (int root = 0; root < n; root++) {
      if (number[root] != 0) {
        continue;
      }
      int depth = 0;
      path[depth++] = root;
      number[root] = low[root] = ++count;
      stack[stacked++] = root;
      open[root] = true;
      while (depth > 0) {
        int at = path[depth - 1];
        if (next[at] < callees[at].length) {
          int to = callees[at][next[at]++];
          if (number[to] == 0) {
            number[to] = low[to] = ++count;
            stack[stacked++] = to;
            open[to] = true;
            path[depth++] = to;
          } else if (open[to]) {
            low[at] = Math.min(low[at], number[to]);
          }
        } else {
          depth--;
          if (depth > 0) {
            low[path[depth - 1]] = Math.min(low[path[depth - 1]], low[at]);
          }
          if (low[at] == number[at]) {
            int from = stacked;
            do {
              from--;
              open[stack[from]] = false;
            } while (stack[from] != at);
            int[] component = Arrays.copyOfRange(stack, from, stacked);
            Arrays.sort(component);
            components.add(component);
            stacked = from;
          }
        }
      }
    }
  }
}
