package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockRing;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The I/O thread form: no lost notification, parking, and a driver that writes at any moment. */
@Timeout(60)
class ThreadedQueueTest {
  private static MockDevice device(AtomicInteger handled) {
    MockDevice device = new MockDevice(42, 0, new byte[8], 8, 8);
    for (int queue = 0; queue < 2; queue++) {
      device.script(
          queue,
          e -> {
            handled.incrementAndGet();
            return new MockDevice.Reply.UsedLength(0);
          });
    }
    return device;
  }

  private void noLostKick(long features) {
    AtomicInteger handled = new AtomicInteger();
    try (MockRig rig = new MockRig(device(handled), true)) {
      MockRing ring = rig.start(features, 0, 8);
      MockRing.Part part = rig.driver.out32(1);
      int kicks = 0;
      int rounds = 20_000;
      int flags = 0;
      for (int i = 0; i < rounds; i++) {
        int old = ring.availableIndex();
        ring.add(part);
        if (ring.wantsKick(old)) {
          ring.kick();
          kicks++;
        }
        while (ring.poll() == null) {
          Thread.onSpinWait(); // the test's timeout ends a lost notification
        }
        flags |= ring.usedFlags();
      }
      assertThat(handled.get()).isEqualTo(rounds);
      assertThat(kicks).isPositive();
      assertThat(flags)
          .as("SPLIT-DEV-18, SPLIT-DEV-20")
          .isLessThanOrEqualTo((features & Virtio.F_EVENT_IDX) != 0 ? 0 : 1);
      assertThat(rig.transport.violations()).isZero();
    }
  }

  @Test
  @DisplayName("SPLIT-DEV-18, SPLIT-DEV-19: suppression by flag loses no buffer")
  void flagSuppression() {
    noLostKick(0);
  }

  @Test
  @DisplayName("SPLIT-DEV-21: suppression by event index loses no buffer")
  void eventIndexSuppression() {
    noLostKick(Virtio.F_EVENT_IDX);
  }

  @Test
  @DisplayName("DEV-15: while parked nothing is popped; unparking looks at every queue")
  void parked() {
    AtomicInteger handled = new AtomicInteger();
    try (MockRig rig = new MockRig(device(handled), true)) {
      MockRing ring = rig.start(0, 0, 8);
      rig.executor.park();
      ring.send(rig.driver.out32(1));
      ring.add(rig.driver.out32(1)); // never notified: the move may have eaten the notification
      rig.executor.park(); // idempotent, and a second look that nothing runs
      assertThat(handled.get()).isZero();
      assertThat(ring.usedIndex()).isZero();
      rig.executor.unpark();
      while (ring.usedIndex() != 2) {
        Thread.onSpinWait();
      }
      assertThat(handled.get()).isEqualTo(2);
    }
  }

  @Test
  @DisplayName("close joins, also while parked, and nothing runs afterwards")
  void closed() {
    AtomicInteger handled = new AtomicInteger();
    MockRig rig = new MockRig(device(handled), true);
    MockRing ring = rig.start(0, 0, 8);
    rig.executor.park();
    rig.executor.close();
    ring.send(rig.driver.out32(1));
    rig.executor.unpark();
    assertThat(handled.get()).isZero();
    rig.close();
  }

  @Test
  @DisplayName("a device model that throws breaks its device, not the thread")
  void deviceBug() {
    AtomicInteger handled = new AtomicInteger();
    MockDevice device = device(handled);
    device.script(
        1,
        e -> {
          throw new ArithmeticException("a bug on purpose");
        });
    try (MockRig rig = new MockRig(device, true)) {
      MockRing bad = rig.start(0, 1, 8);
      bad.send(rig.driver.out32(1));
      while (!rig.broken()) {
        Thread.onSpinWait();
      }
      MockRing good = rig.start(0, 0, 8);
      good.send(rig.driver.out32(1));
      while (good.usedIndex() == 0) {
        Thread.onSpinWait();
      }
      assertThat(handled.get()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("EDGE-49: another thread rewrites the ring at every moment; only the device breaks")
  void concurrentMutation() throws InterruptedException {
    long seed = new Random().nextLong();
    AtomicInteger handled = new AtomicInteger();
    try (MockRig rig = new MockRig(device(handled), true)) {
      AtomicBoolean stop = new AtomicBoolean();
      MockRing[] current = {rig.start(Virtio.F_INDIRECT_DESC, 0, 8)};
      MockRing.Part part = rig.driver.out32(1);
      long table = rig.driver.allocate(64, 16);
      MockRing ring = current[0];
      Thread mutator =
          Thread.ofPlatform()
              .start(
                  () -> {
                    Random random = new Random(seed);
                    while (!stop.get()) {
                      long at = random.nextInt(20) == 0 ? random.nextLong() : part.address();
                      ring.descriptor(
                          random.nextInt(8),
                          new MockRing.Part(at, random.nextInt(6), random.nextBoolean()),
                          random.nextInt(12) == 0 ? random.nextInt(8) : 0,
                          random.nextInt(9));
                      ring.descriptorAt(
                          table + 16L * random.nextInt(4),
                          MockRing.out(part.address(), random.nextInt(4)),
                          random.nextInt(2),
                          random.nextInt(5));
                    }
                  });
      Random random = new Random(~seed);
      int resets = 0;
      long patience = System.nanoTime() + 20_000_000_000L;
      // The device's thread may get no processor for a while: on until it has seen both outcomes.
      for (int i = 0;
          i < 20_000 || ((resets == 0 || handled.get() == 0) && System.nanoTime() < patience);
          i++) {
        ring.publish(random.nextInt(40) == 0 ? 8 : random.nextInt(8));
        ring.kick();
        if (rig.broken()) {
          resets++;
          rig.driver.reset();
          rig.memory.fill(ring.driverArea(), Virtio.driverAreaSize(8), (byte) 0);
          rig.memory.fill(ring.deviceArea(), Virtio.deviceAreaSize(8), (byte) 0);
          rig.driver.negotiate(Virtio.F_INDIRECT_DESC);
          ring.register();
          rig.driver.write(MmioRegisters.QUEUE_READY, 1);
          rig.driver.ready();
        }
      }
      stop.set(true);
      mutator.join();
      assertThat(resets).as("seed %s", seed).isPositive();
      assertThat(handled.get()).as("seed %s", seed).isPositive();
    }
  }
}
