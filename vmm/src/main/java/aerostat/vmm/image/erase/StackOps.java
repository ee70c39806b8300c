package aerostat.vmm.image.erase;

import java.util.ArrayList;
import java.util.List;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.analysis.BasicValue;
import org.objectweb.asm.tree.analysis.Frame;

/** The POP, SWAP and DUP forms, for operands of which some have grown from one slot to two. */
final class StackOps {
  private static final int[][] DIRECT = {
    {Opcodes.DUP, Opcodes.DUP_X1, Opcodes.DUP_X2}, {Opcodes.DUP2, Opcodes.DUP2_X1, Opcodes.DUP2_X2},
  };

  private final ErasedMethod target;
  private final InsnList out;
  private final Frame<BasicValue> frame;

  StackOps(ErasedMethod target, Frame<BasicValue> frame) {
    this.target = target;
    this.out = target.code().instructions;
    this.frame = frame;
  }

  void emit(int opcode) {
    switch (opcode) {
      case Opcodes.POP -> pop(operands(0, 1));
      case Opcodes.POP2 -> pop(operands(0, 2));
      case Opcodes.SWAP -> swap();
      case Opcodes.DUP -> duplicate(1, 0);
      case Opcodes.DUP_X1 -> duplicate(1, 1);
      case Opcodes.DUP_X2 -> duplicate(1, 2);
      case Opcodes.DUP2 -> duplicate(2, 0);
      case Opcodes.DUP2_X1 -> duplicate(2, 1);
      case Opcodes.DUP2_X2 -> duplicate(2, 2);
      default -> throw new IllegalArgumentException("opcode " + opcode);
    }
  }

  /** Type letters of the operands, from the top down, that fill so many slots of the class file. */
  private List<Character> operands(int skip, int slots) {
    List<Character> letters = new ArrayList<>();
    int at = frame.getStackSize() - 1 - skip;
    for (int left = slots; left > 0; at--) {
      BasicValue v = frame.getStack(at);
      left -= v.getSize();
      letters.add(letter(v));
    }
    return letters;
  }

  static char letter(BasicValue v) {
    if (v == BasicValue.INT_VALUE || v == BasicValue.FLOAT_VALUE) {
      return v == BasicValue.INT_VALUE ? 'I' : 'F';
    }
    return v == BasicValue.DOUBLE_VALUE ? 'D' : 'J';
  }

  private static int size(List<Character> letters) {
    return letters.stream().mapToInt(c -> c == 'J' || c == 'D' ? 2 : 1).sum();
  }

  private void add(int opcode) {
    out.add(new InsnNode(opcode));
  }

  private void pop(List<Character> letters) {
    for (char c : letters) {
      add(c == 'J' || c == 'D' ? Opcodes.POP2 : Opcodes.POP);
    }
  }

  private void swap() {
    List<Character> top = operands(0, 1);
    List<Character> below = operands(1, 1);
    add(DIRECT[size(top) - 1][size(below)]);
    pop(top);
  }

  private void duplicate(int slots, int overSlots) {
    List<Character> copied = operands(0, slots);
    List<Character> over = operands(copied.size(), overSlots);
    if (size(copied) <= 2 && size(over) <= 2) {
      add(DIRECT[size(copied) - 1][size(over)]);
      return;
    }
    // More than two slots on one side: by way of locals.
    List<Character> all = new ArrayList<>(copied);
    all.addAll(over);
    List<Integer> temps = new ArrayList<>();
    for (char c : all) {
      int t = target.temporary(c, temps.size());
      temps.add(t);
      out.add(Code.store(c, t));
    }
    load(all, temps, 0, copied.size());
    load(all, temps, 0, all.size());
  }

  private void load(List<Character> letters, List<Integer> temps, int from, int to) {
    for (int i = to - 1; i >= from; i--) {
      out.add(Code.load(letters.get(i), temps.get(i)));
    }
  }
}
