package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.cpu.Intrinsics;
import aerostat.vmm.cpu.SanitizingIntrinsics;
import aerostat.vmm.cpu.UnmarkedStores;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

/** The table, the guest's declarations and the machine's implementations say the same. */
class IntrinsicTableTest {
  private static final Set<String> IDENTITIES = Set.of("string(J)J", "id(J)J", "of(J)J");
  private static final Set<String> MACHINERY =
      Set.of(
          "poll()Z",
          "attend()V",
          "allocateFrame(I)J",
          "putSlot(JJ)V",
          "slot(I)J",
          "stackOverflow()V",
          "boundExceeded(I)V",
          "badOps(J)V");

  /** Stores whose marks the rewriter puts elsewhere. */
  private static final Set<String> UNMARKED =
      Set.of(
          "storeUnmarked8(JI)V",
          "storeUnmarked16(JI)V",
          "storeUnmarked32(JI)V",
          "storeUnmarked64(JJ)V");

  private static Set<String> table() {
    return IntrinsicTable.all().stream()
        .map(i -> i.name() + i.descriptor())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void isWhatTheGuestDeclares() {
    Set<String> declared = new TreeSet<>();
    for (Map.Entry<String, byte[]> e : TestImages.machine().entrySet()) {
      ClassNode node = new ClassNode();
      new ClassReader(e.getValue()).accept(node, 0);
      for (MethodNode m : node.methods) {
        boolean intrinsic =
            m.invisibleAnnotations != null
                && m.invisibleAnnotations.stream().anyMatch(a -> a.desc.endsWith("/Intrinsic;"));
        if (intrinsic) {
          declared.add(m.name + m.desc.replaceAll("L[^;]*;", "J"));
        }
      }
    }
    declared.removeAll(IDENTITIES);
    assertThat(table()).isEqualTo(declared);
  }

  @Test
  void isWhatTheMachineHas() {
    Set<String> expected = table();
    expected.addAll(MACHINERY);
    assertThat(statics(Intrinsics.class)).isEqualTo(expected);
  }

  @Test
  void storesThatMarkLaterAreThere() {
    assertThat(statics(UnmarkedStores.class))
        .containsAll(UNMARKED)
        .contains("markSpan(JJI)V", "markFaultedSpan(JJI)V");
  }

  @Test
  void isWhatTheSanitizingFlavourHas() {
    assertThat(statics(SanitizingIntrinsics.class)).containsAll(table()).containsAll(UNMARKED);
  }

  private static Set<String> statics(Class<?> c) {
    return Arrays.stream(c.getDeclaredMethods())
        .filter(m -> Modifier.isStatic(m.getModifiers()) && Modifier.isPublic(m.getModifiers()))
        .filter(m -> !m.isSynthetic())
        .map((Method m) -> m.getName() + Type.getMethodDescriptor(m))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
