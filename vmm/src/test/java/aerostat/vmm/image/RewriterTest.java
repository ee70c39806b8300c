package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.image.rewrite.Rewriter;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TypeInsnNode;

/** What the emitted code is made of. */
class RewriterTest {
  private static GuestImage guest() {
    try {
      return GuestImage.defaultImage();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static final RewrittenImage GUEST = Rewriter.rewrite(guest(), Rewriter.Options.VM);
  private static final RewrittenImage SHAPES =
      Rewriter.rewrite(TestImages.shapes(), Rewriter.Options.VM);

  @Test
  void guestCodeHoldsNoReferences() {
    for (Flavour flavour : Flavour.values()) {
      GUEST
          .classes()
          .getOrDefault(flavour, Map.of())
          .forEach(
              (name, bytes) -> {
                if (!name.startsWith("aerostat.vmm.cpu.gen.")) {
                  noReferences(bytes);
                }
              });
    }
  }

  private static void noReferences(byte[] bytes) {
    ClassNode node = new ClassNode();
    new ClassReader(bytes).accept(node, 0);
    assertThat(node.fields).isEmpty();
    assertThat(node.interfaces).isEmpty();
    for (MethodNode m : node.methods) {
      primitive(node, m, Type.getMethodType(m.desc));
      for (AbstractInsnNode n : m.instructions) {
        assertThat(n)
            .as(node.name + "." + m.name)
            .isNotInstanceOfAny(TypeInsnNode.class, InvokeDynamicInsnNode.class);
        switch (n) {
          case MethodInsnNode call -> primitive(node, m, Type.getMethodType(call.desc));
          case FieldInsnNode f -> assertThat(f.owner).isEqualTo("aerostat/vmm/cpu/Intrinsics");
          default -> {}
        }
      }
    }
  }

  private static void primitive(ClassNode c, MethodNode m, Type method) {
    assertThat(method.getDescriptor()).as(c.name + "." + m.name).doesNotContain("L", "[");
  }

  @Test
  void theSameImageGivesTheSameCode() {
    RewrittenImage again = Rewriter.rewrite(TestImages.shapes(), Rewriter.Options.VM);
    assertThat(again.resumeTable().digest()).isEqualTo(SHAPES.resumeTable().digest());
    for (Flavour f : Flavour.values()) {
      SHAPES
          .classes()
          .getOrDefault(f, Map.of())
          .forEach(
              (name, bytes) ->
                  assertThat(again.classes().getOrDefault(f, Map.of()).get(name)).isEqualTo(bytes));
    }
  }

  @Test
  void theTableSurvivesItsBytes() throws IOException {
    ResumeTable table = GUEST.resumeTable();
    ResumeTable again =
        ResumeTable.decode(new DataInputStream(new ByteArrayInputStream(table.encode())));
    assertThat(again.digest()).isEqualTo(table.digest());
    assertThat(again.methods()).isEqualTo(table.methods());
    assertThat(again.reserve()).isEqualTo(table.reserve());
  }

  @Test
  void footersAreChecked() {
    ResumeTable table = SHAPES.resumeTable();
    ResumeTable.Method m =
        table.methods().stream().filter(ResumeTable.Method::resumable).findFirst().orElseThrow();
    int words = m.sites().get(0).words();
    long good = ResumeTable.footer(m.id(), 0, words);
    assertThat(table.isValid(good)).isTrue();
    assertThat(table.isValid(ResumeTable.footer(m.id(), 0, words + 1))).isFalse();
    assertThat(table.isValid(ResumeTable.footer(m.id(), m.sites().size(), words))).isFalse();
    assertThat(table.isValid(ResumeTable.footer(0xFFFFFF, 0, words))).isFalse();
    assertThat(table.isValid(good ^ (1L << 60))).isFalse();
    assertThat(table.isValid(ResumeTable.footer(0, 0, 2))).isTrue();
    assertThat(table.isValid(ResumeTable.footer(0, 1, 2))).isFalse();
    assertThat(ResumeTable.method(good)).isEqualTo(m.id());
    assertThat(ResumeTable.site(good)).isZero();
    assertThat(ResumeTable.words(good)).isEqualTo(words);
    assertThat(table.describe(0xFFFFFF, 3)).contains("bad frame");
  }

  @Test
  void sitesKnowTheirLines() {
    ResumeTable table = SHAPES.resumeTable();
    ResumeTable.Method list =
        table.methods().stream()
            .filter(m -> m.className().endsWith(".Pointers") && m.name().equals("list"))
            .findFirst()
            .orElseThrow();
    assertThat(table.describe(list.id(), 1))
        .matches("aerostat\\.guest\\.shapes\\.Pointers\\.list\\(Pointers\\.java:\\d+\\)");
    assertThat(list.sites().get(0).slots())
        .extracting(FrameLayout.Slot::name)
        .containsExactly("scratch", "n");
  }

  @Test
  void loopFreeLeavesAndBoundedSectionsAreUntouched() {
    for (ResumeTable.Method m : SHAPES.resumeTable().methods()) {
      if (m.className().endsWith(".Blocks") && m.name().equals("sum")) {
        assertThat(m.resumable()).isFalse();
      }
      if (m.className().endsWith(".Node")) {
        assertThat(m.resumable()).as(m.name()).isFalse();
      }
    }
  }

  @Test
  void theErasedFormHasNoPolls() {
    RewrittenImage erased =
        Rewriter.rewrite(
            TestImages.shapes(), new Rewriter.Options(false, "aerostat/vmm/cpu/Intrinsics"));
    assertThat(erased.resumeTable().methods()).noneMatch(ResumeTable.Method::resumable);
  }
}
