package aerostat.tools.fuzz.coverage;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.cpu.Intrinsics;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodNode;

class EdgeProbesTest {
  private static final String OWNER = Type.getInternalName(Intrinsics.class);

  @Test
  void theSlowPathOfAPollIsNoEdge_forTheHostsTimeTakesIt() {
    MethodNode method = new MethodNode(Opcodes.ACC_STATIC, "m", "()V", null, null);
    Label away = new Label();
    Label after = new Label();
    method.visitFieldInsn(Opcodes.GETSTATIC, OWNER, "budget", "I");
    method.visitJumpInsn(Opcodes.IFLT, away);
    method.visitLabel(after);
    method.visitInsn(Opcodes.RETURN);
    method.visitLabel(away);
    method.visitMethodInsn(Opcodes.INVOKESTATIC, OWNER, "poll", "()Z", false);
    method.visitJumpInsn(Opcodes.IFEQ, after);
    method.visitInsn(Opcodes.RETURN);

    EdgeProbes probes = new EdgeProbes("Edges", "HITS");
    probes.insert(method);

    assertThat(probes.count()).as("beginning, after the poll, leaving").isEqualTo(3);
    List<Integer> beforeCalls = new ArrayList<>();
    for (AbstractInsnNode at : method.instructions) {
      if (at.getOpcode() == Opcodes.INVOKESTATIC) {
        beforeCalls.add(at.getPrevious().getOpcode());
      }
    }
    assertThat(beforeCalls).as("no probe: a label").containsExactly(-1);
  }
}
