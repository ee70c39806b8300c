package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockRing;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Copies out of a chain and into it end where its parts end (SPLIT-DEV-01). */
class DescriptorChainTest {
  private final MockRig rig = new MockRig();
  private final MockRing ring = rig.start(0, 0, 8);

  @AfterEach
  void close() {
    rig.close();
  }

  private DescriptorChain pop(MockRing.Part... parts) {
    rig.device.stall(true);
    ring.send(parts);
    return Objects.requireNonNull(rig.transport.queue(0).pop());
  }

  @Test
  @DisplayName("a read ends where the writable part begins")
  void readEndsWithTheReadablePart() {
    DescriptorChain chain = pop(rig.driver.out32(1, 2), rig.driver.in(16));
    int[] read = {7, 7, 7, 7};
    assertThat(chain.read(rig.memory, 0, MemorySegment.ofArray(read), 16)).isEqualTo(8);
    assertThat(read).containsExactly(1, 2, 7, 7);
  }

  @Test
  @DisplayName("a read ends in the middle of a part where no more was asked for")
  void readEndsWithWhatWasAskedFor() {
    DescriptorChain chain = pop(rig.driver.out32(1), rig.driver.out32(2, 3));
    byte[] read = new byte[12];
    Arrays.fill(read, (byte) 7);
    assertThat(chain.read(rig.memory, 0, MemorySegment.ofArray(read), 6)).isEqualTo(6);
    assertThat(read).containsExactly(1, 0, 0, 0, 2, 0, 7, 7, 7, 7, 7, 7);
  }

  @Test
  @DisplayName("a write ends with the last part; the parts of an older chain are not touched")
  void writeEndsWithTheWritablePart() {
    MockRing.Part[] old = {rig.driver.in(16), rig.driver.in(16)};
    rig.transport.queue(0).push(pop(old).head(), 0);
    MockRing.Part part = rig.driver.in(4);
    byte[] bytes = new byte[20];
    Arrays.fill(bytes, (byte) 7);
    DescriptorChain chain = pop(part);
    assertThat(chain.write(rig.memory, MemorySegment.ofArray(bytes), 20)).isEqualTo(4);
    assertThat(rig.memory.load32(part.address())).isEqualTo(0x07070707);
    assertThat(rig.memory.isZero(part.address() + 4, 12)).isTrue();
    assertThat(rig.memory.isZero(old[1].address(), 16)).isTrue();
  }
}
