package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.erase.Code;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.analysis.Value;

/**
 * A value as a sum over the locals that a loop's trip begins with: constant + Σ factor × local,
 * modulo 2^64. An int is only a constant or one local, since its own sums wrap elsewhere.
 *
 * @param size 1 for an int, 2 for a long
 * @param factors by local; null if the value is not such a sum
 */
record Linear(int size, long constant, @Nullable SortedMap<Integer, Factor> factors)
    implements Value {

  /**
   * What a local is multiplied with.
   *
   * @param type letter of the local, I or J
   */
  record Factor(char type, long times) {}

  @Override
  public int getSize() {
    return size;
  }

  static Linear unknown(int size) {
    return new Linear(size, 0, null);
  }

  static Linear constant(int size, long value) {
    return new Linear(size, value, new TreeMap<>());
  }

  static Linear local(char type, int local) {
    SortedMap<Integer, Factor> one = new TreeMap<>(Map.of(local, new Factor(type, 1)));
    return new Linear(type == 'J' ? 2 : 1, 0, one);
  }

  boolean isConstant() {
    return factors != null && factors.isEmpty();
  }

  /** The int as a long. */
  Linear widened() {
    return new Linear(2, constant, factors);
  }

  Linear plus(Linear other, long times) {
    if (factors == null || other.factors == null) {
      return unknown(2);
    }
    SortedMap<Integer, Factor> sum = new TreeMap<>(factors);
    other.factors.forEach(
        (local, f) ->
            sum.merge(
                local,
                new Factor(f.type, f.times * times),
                (a, b) -> new Factor(a.type, a.times + b.times)));
    sum.values().removeIf(f -> f.times == 0);
    return new Linear(2, constant + times * other.constant, sum);
  }

  Linear times(long factor) {
    return constant(2, 0).plus(this, factor);
  }

  /** How often this holds a local. */
  long factorOf(int local) {
    Factor f = factors == null ? null : factors.get(local);
    return f == null ? 0 : f.times;
  }

  /** Emits code that pushes this plus a constant, with one local in another's place. */
  void push(InsnList out, long more, int from, int to) {
    if (factors == null) {
      throw new IllegalStateException("no sum");
    }
    out.add(Code.push(constant + more));
    factors.forEach(
        (local, f) -> {
          out.add(Code.load(f.type, local == from ? to : local));
          if (f.type == 'I') {
            out.add(new InsnNode(Opcodes.I2L));
          }
          if (f.times != 1) {
            out.add(Code.push(f.times));
            out.add(new InsnNode(Opcodes.LMUL));
          }
          out.add(new InsnNode(Opcodes.LADD));
        });
  }
}
