package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.erase.Code;
import aerostat.vmm.image.erase.Owners;
import aerostat.vmm.image.rewrite.MethodPlan.Guard;
import aerostat.vmm.image.rewrite.MethodPlan.LoopPlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.TryCatchBlockNode;

/**
 * Moves the dirty marks of a loop's stores behind the loop (or its stretch): the addresses are
 * {@code base + i × stride}, so the pages are those from the first to the last. The loop is left
 * with bare stores, which the JIT can unroll and vectorize.
 *
 * <pre>
 * start = i
 * try { the loop }                                     stores without marks
 * catch (any) { mark(base + start × stride … base + i × stride) as far as there is RAM; rethrow }
 * if (i != start) mark(base + start × stride … base + (i - step) × stride)
 * </pre>
 *
 * <p>Nobody can see that the marks are late. Between the stores and the marks there is no poll, so
 * the guest does not come to rest, and no access to a device; a harvest in between finds the pages
 * at its next turn. The data still come first, then a release fence, then the marks, all of them.
 */
final class LateMarks {
  /** A stride above this would leave pages out between two stores. */
  private static final long MAX_STRIDE = 4096;

  /** Trips of a loop without polls below which the marks' code is not worth it. */
  private static final long LEAST_TRIPS = 8;

  /** Different runs of addresses that a loop may have; each costs code. */
  private static final int MAX_SPANS = 3;

  /**
   * Stores side by side.
   *
   * @param first lowest address in a trip
   * @param bytes from there to the end of the highest
   */
  private record Span(Linear first, int bytes) {}

  private final PollInsertion target;
  private final LoopPlan plan;
  private final CountedLoop counted;
  private final StraightLoop loop;
  private final List<Span> spans;
  private final int start;

  private LateMarks(
      PollInsertion target,
      LoopPlan plan,
      CountedLoop counted,
      StraightLoop loop,
      List<Span> spans) {
    this.target = target;
    this.plan = plan;
    this.counted = counted;
    this.loop = loop;
    this.spans = spans;
    start = target.method().newLocal(counted.wide() ? 'J' : 'I', "start");
  }

  /**
   * Makes the stores of a loop that allow it unmarked; before any code was inserted.
   *
   * @return how to mark; null if nothing changed
   */
  static @Nullable LateMarks prepare(PollInsertion target, LoopPlan plan) {
    CountedLoop counted = plan.counted;
    Flow flow = target.plan().flow;
    if (counted == null
        || (plan.guard != Guard.STRIP
            && (plan.guard != Guard.NONE || plan.constantTrips < LEAST_TRIPS))) {
      return null;
    }
    StraightLoop loop = StraightLoop.match(flow, plan);
    if (loop == null) {
      return null;
    }
    List<Span> spans = new ArrayList<>();
    List<MethodInsnNode> stores = new ArrayList<>();
    loop.stores(target.method().code().maxLocals)
        .forEach(
            (call, address) -> {
              long stride = Math.abs(address.factorOf(counted.variable()) * counted.step());
              if (stride >= 0 && stride <= MAX_STRIDE && add(spans, address, width(call))) {
                stores.add(call);
              }
            });
    if (stores.isEmpty()) {
      return null;
    }
    for (MethodInsnNode call : stores) {
      call.owner = Owners.UNMARKED;
      call.name = call.name.replace("store", "storeUnmarked");
    }
    return new LateMarks(target, plan, counted, loop, spans);
  }

  private static int width(MethodInsnNode store) {
    return Integer.parseInt(store.name.substring("store".length())) / 8;
  }

  /** Whether this is a store whose mark comes later. */
  static boolean isUnmarkedStore(MethodInsnNode call) {
    return call.owner.equals(Owners.UNMARKED) && call.name.startsWith("store");
  }

  /** Joins neighbours: between two stores less than a page apart lies no page of its own. */
  private static boolean add(List<Span> spans, Linear address, int bytes) {
    for (int i = 0; i < spans.size(); i++) {
      Span s = spans.get(i);
      long distance = address.constant() - s.first.constant();
      if (address.factors() != null
          && address.factors().equals(s.first.factors())
          && Math.abs(distance) < MAX_STRIDE) {
        Span joined =
            distance < 0
                ? new Span(address, Math.max(bytes, (int) (s.bytes - distance)))
                : new Span(s.first, Math.max(s.bytes, (int) (distance + bytes)));
        if (joined.bytes <= MAX_STRIDE) {
          spans.set(i, joined);
          return true;
        }
      }
    }
    return spans.size() < MAX_SPANS && spans.add(new Span(address, bytes));
  }

  /** Where the loop begins, or a stretch of it. */
  void begin(InsnList out) {
    char type = counted.wide() ? 'J' : 'I';
    out.add(Code.load(type, counted.variable()));
    out.add(Code.store(type, start));
  }

  /** Where the loop has ended, or a stretch of it. */
  void end(InsnList out) {
    LabelNode none = new LabelNode();
    char type = counted.wide() ? 'J' : 'I';
    out.add(Code.load(type, counted.variable()));
    out.add(Code.load(type, start));
    if (counted.wide()) {
      out.add(new InsnNode(Opcodes.LCMP));
    }
    out.add(new JumpInsnNode(counted.wide() ? Opcodes.IFEQ : Opcodes.IF_ICMPEQ, none));
    long step = counted.up() ? counted.step() : -counted.step();
    for (Span s : spans) {
      mark(out, s, -step * s.first.factorOf(counted.variable()), "markSpan");
    }
    out.add(none);
  }

  private void mark(InsnList out, Span s, long more, String how) {
    s.first.push(out, 0, counted.variable(), start);
    s.first.push(out, more, counted.variable(), counted.variable());
    out.add(Code.push(s.bytes));
    out.add(Code.call(Owners.UNMARKED, how, "(JJI)V"));
  }

  /** For a loop that is not cut into stretches: begin and end of the whole. */
  void enclose() {
    LabelNode header = plan.loop.label();
    LabelNode entry = new LabelNode();
    target.redirect(plan, header, entry, false);
    InsnList before = new InsnList();
    before.add(entry);
    target.line(before, entry, header);
    begin(before);
    target.remember(before, plan);
    target.code().insertBefore(header, before);

    LabelNode after = new LabelNode();
    InsnList out = new InsnList();
    out.add(after);
    target.line(out, after, header);
    end(out);
    out.add(new JumpInsnNode(Opcodes.GOTO, counted.test().label));
    counted.test().label = after;
    target.append(out, plan);
  }

  /** The marks of a trip that faults; after all other code of the loop was inserted. */
  void guard() {
    LabelNode end = new LabelNode();
    target.code().insert(loop.last(), end);
    LabelNode handler = new LabelNode();
    InsnList out = new InsnList();
    out.add(handler);
    target.line(out, handler, plan.loop.label());
    for (Span s : spans) {
      mark(out, s, 0, "markFaultedSpan");
    }
    out.add(new InsnNode(Opcodes.ATHROW));
    target.code().add(out);
    target
        .method()
        .code()
        .tryCatchBlocks
        .add(new TryCatchBlockNode(plan.loop.label(), end, handler, null));
  }
}
