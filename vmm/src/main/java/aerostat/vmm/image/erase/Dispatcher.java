package aerostat.vmm.image.erase;

import aerostat.vmm.image.verify.CallTarget;
import aerostat.vmm.image.verify.GuestMethod;
import aerostat.vmm.image.verify.ImageModel;
import java.util.ArrayList;
import java.util.List;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.MethodNode;

/**
 * Builds the static method that stands for an ops method: a switch on the implementation's number.
 * For the later passes it is a method like any other, so it can be stopped and resumed.
 */
final class Dispatcher {
  private final ImageModel model;
  private final Naming naming;
  private final ErasedLimits limits;

  Dispatcher(ImageModel model, Naming naming, ErasedLimits limits) {
    this.model = model;
    this.naming = naming;
    this.limits = limits;
  }

  void build(CallTarget.Dispatch dispatch, ErasedMethod into) {
    MethodNode code = into.code();
    Type[] arguments = Type.getArgumentTypes(into.descriptor());
    code.maxLocals = (Type.getArgumentsAndReturnSizes(into.descriptor()) >> 2) - 1;
    into.nameLocal(0, "this");
    List<Integer> numbers = new ArrayList<>();
    List<ImageModel.Implementation> targets = new ArrayList<>();
    for (ImageModel.Implementation i : model.implementations()) {
      if (model.implementsOps(i, dispatch.ops())) {
        numbers.add(model.opsNumber(i));
        targets.add(i);
      }
    }
    long instructions = targets.size() * (arguments.length + 2L);
    if (instructions > ErasedLimits.MAX_INSTRUCTIONS) {
      limits.tooLarge(into, instructions); // before they are made: they may be millions
      return;
    }
    Label bad = new Label();
    Label[] cases = new Label[numbers.size()];
    for (int i = 0; i < cases.length; i++) {
      cases[i] = new Label();
    }
    if (cases.length > 0) {
      code.visitVarInsn(Opcodes.LLOAD, 0);
      code.visitInsn(Opcodes.L2I);
      code.visitInsn(Opcodes.I2L);
      code.visitVarInsn(Opcodes.LLOAD, 0);
      code.visitInsn(Opcodes.LCMP);
      code.visitJumpInsn(Opcodes.IFNE, bad);
      code.visitVarInsn(Opcodes.LLOAD, 0);
      code.visitInsn(Opcodes.L2I);
      jump(code, numbers, cases, bad);
    }
    for (int i = 0; i < cases.length; i++) {
      code.visitLabel(cases[i]);
      call(code, dispatch, targets.get(i), arguments, into.result());
    }
    code.visitLabel(bad);
    code.visitVarInsn(Opcodes.LLOAD, 0);
    code.visitMethodInsn(Opcodes.INVOKESTATIC, Owners.INTRINSICS, "badOps", "(J)V", false);
    Code.returnNothing(code.instructions, into.result());
  }

  private static void jump(MethodNode code, List<Integer> numbers, Label[] cases, Label bad) {
    int first = numbers.get(0);
    int last = numbers.get(numbers.size() - 1);
    if (last - first < 4 * cases.length + 16) {
      Label[] table = new Label[last - first + 1];
      java.util.Arrays.fill(table, bad);
      for (int i = 0; i < cases.length; i++) {
        table[numbers.get(i) - first] = cases[i];
      }
      code.visitTableSwitchInsn(first, last, bad, table);
    } else {
      int[] keys = numbers.stream().mapToInt(Integer::intValue).toArray();
      code.visitLookupSwitchInsn(bad, keys, cases);
    }
  }

  private void call(
      MethodNode code,
      CallTarget.Dispatch dispatch,
      ImageModel.Implementation implementation,
      Type[] arguments,
      Type result) {
    GuestMethod selected = model.select(implementation, dispatch.name(), dispatch.descriptor());
    if (selected == null) {
      throw new IllegalStateException("unchecked dispatch");
    }
    ErasedMethod target = naming.of(selected);
    // A lambda's code has no receiver; a record's or a default method's is the number itself.
    boolean receiver = selected != implementation.target();
    int local = 0;
    for (int i = 0; i < arguments.length; i++) {
      if (i > 0 || receiver) {
        code.visitVarInsn(arguments[i].getOpcode(Opcodes.ILOAD), local);
      }
      local += arguments[i].getSize();
    }
    code.visitMethodInsn(
        Opcodes.INVOKESTATIC, target.owner().name(), target.name(), target.descriptor(), false);
    Type actual = target.result();
    if (result.getSort() == Type.VOID && actual.getSort() != Type.VOID) {
      code.visitInsn(actual.getSize() == 2 ? Opcodes.POP2 : Opcodes.POP);
    }
    code.visitInsn(result.getOpcode(Opcodes.IRETURN));
  }
}
