package aerostat.tools.fuzz.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.Images;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.MethodInsnNode;

class OutsideTest {
  @Test
  void theGuestKernelStaysInside() throws Exception {
    Outside.check(Images.rewrite(GuestImage.defaultImage()));
  }

  @ParameterizedTest
  @CsvSource({
    "java/lang/Math, min, (JJ)J, true",
    "java/lang/Integer, getInteger, (Ljava/lang/String;)Ljava/lang/Integer;, false",
    "java/lang/Long, parseLong, (Ljava/lang/String;)J, false",
    "java/lang/System, exit, (I)V, false",
    "aerostat/vmm/cpu/Intrinsics, store64, (JJ)V, true",
    "aerostat/vmm/cpu/Intrinsics, store64, (JI)V, false",
    "aerostat/vmm/cpu/Intrinsics, poll, ()Z, true",
    "aerostat/vmm/cpu/Intrinsics, putSlot, (JJ)V, false",
    "aerostat/vmm/cpu/SanitizingIntrinsics, poll, ()Z, false",
    "aerostat/vmm/cpu/UnmarkedStores, storeUnmarked64, (JJ)V, true",
    "aerostat/vmm/cpu/Vcpu, powerOff, ()V, false",
  })
  void onlyWhatIsNamedCanBeCalled(String owner, String name, String descriptor, boolean fine) {
    MethodInsnNode call = new MethodInsnNode(Opcodes.INVOKESTATIC, owner, name, descriptor, false);
    assertThat(Outside.isPermitted(call)).isEqualTo(fine);
    call.setOpcode(Opcodes.INVOKEVIRTUAL);
    assertThat(Outside.isPermitted(call)).isFalse();
  }
}
