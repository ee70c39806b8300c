package aerostat.vmm.image.rewrite;

import aerostat.vmm.cpu.GuestStack;
import aerostat.vmm.image.Rule;
import aerostat.vmm.image.verify.Refusals;
import java.util.Arrays;
import java.util.Map;

/**
 * Bounds the stacks. A kernel stack of guest RAM must hold the frames of the longest call chain,
 * the marker of an interrupt, and the longest chain of the interrupt's handler. Methods of cycles
 * count their depth at run time instead; what they may use is what the other chains leave.
 */
final class StackBound {
  /** Bytes of a kernel stack of the guest. */
  static final int KERNEL_STACK = 16 << 10;

  /** Bytes of an interrupt's marker frame. */
  static final int MARKER = 16;

  /** Bytes that must remain for recursion in an image that has any. */
  static final int LEAST_FOR_RECURSION = 4 << 10;

  /** Java stack for the dispatcher and for what intrinsics call, devices included. */
  private static final long HOST_MARGIN = 2 << 20;

  /** Largest Java stack that an image may ask for. */
  private static final long MAX_HOST_STACK = 256 << 20;

  /** Java frame beyond locals and operands: return address, saved registers, spills. */
  private static final long HOST_FRAME = 256;

  private final CallGraph graph;
  private final Map<Integer, ResumableMethod> resumable;

  /** Bytes of the longest chain from each method down, methods of cycles counting nothing. */
  private final long[] guest;

  private final long[] host;

  StackBound(CallGraph graph, int methods, Map<Integer, ResumableMethod> resumable) {
    this.graph = graph;
    this.resumable = resumable;
    guest = new long[methods];
    host = new long[methods];
    for (int[] component : graph.components()) {
      long below = 0;
      long hostBelow = 0;
      for (int m : component) {
        for (int callee : graph.callees(m)) {
          below = Math.max(below, guest[callee]);
          hostBelow = Math.max(hostBelow, host[callee]);
        }
      }
      for (int m : component) {
        boolean cyclic = graph.plan(m).cyclic;
        guest[m] = below + (cyclic ? 0 : frameBytes(m));
        host[m] = hostBelow + (cyclic ? recursion(component) : hostBytes(m));
      }
    }
  }

  private int frameBytes(int method) {
    ResumableMethod r = resumable.get(method);
    return r == null ? 0 : r.maxBytes();
  }

  private long hostBytes(int method) {
    var code = graph.plan(method).method.code();
    return HOST_FRAME + 8L * (code.maxLocals + code.maxStack + 8);
  }

  /** Java stack that a cycle can use while its guest frames still fit. */
  private long recursion(int[] component) {
    long worst = 0;
    for (int m : component) {
      // One that overflows, and above it one that returns before it takes guest stack.
      worst = Math.max(worst, hostBytes(m) * (GuestStack.MAX_SIZE / frameBytes(m) + 2));
    }
    return worst;
  }

  /** Bytes that recursion may not use, of a stack that begins with one of these methods. */
  int reserve(int start, int thread, int interrupt) {
    long bytes = Math.max(guest[start], guest[thread]) + MARKER + guest[interrupt];
    return (int) Math.min(bytes, Integer.MAX_VALUE);
  }

  /** Java stack that the vCPU thread needs: a guest can forge a frame of any method. */
  long hostStack() {
    return HOST_MARGIN + Arrays.stream(host).max().orElse(0);
  }

  void check(int reserve, long hostStack, boolean recursion, String entryClass, Refusals refusals) {
    if (hostStack > MAX_HOST_STACK) {
      refusals.add(
          Rule.STACK,
          entryClass,
          "",
          0,
          "the longest call chain needs a Java stack of " + hostStack + " bytes",
          "call less deeply");
    }
    int most = KERNEL_STACK - (recursion ? LEAST_FOR_RECURSION : 0);
    if (reserve > most) {
      refusals.add(
          Rule.STACK,
          entryClass,
          "",
          0,
          "the longest call chains of a thread and of interrupt need "
              + reserve
              + " bytes, at most "
              + most
              + " of a kernel stack are left for them",
          "call less deeply, keep fewer variables alive over calls");
    }
  }
}
