package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Guests that never come to an end by themselves: the machine stops them at any poll, or they
 * fault.
 */
class RunawayGuestTest {
  private static final long POLLS = 3000;

  private static RunState run(String start, String more, ByteArrayOutputStream console) {
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(
        JavaSource.compile(
            Map.of(
                "t.Entry",
                "package t; import aerostat.guest.machine.*; public final class Entry {"
                    + "public static void start(long p) {"
                    + start
                    + "} public static void interrupt(int line) {}"
                    + "public static void thread(long p) {}"
                    + more
                    + "}")));
    return run(GuestImage.fromClasses(classes, "t.Entry"), console);
  }

  private static RunState run(GuestImage image, ByteArrayOutputStream console) {
    try (Machine machine =
        Machine.builder().memory(4 << 20).image(image).deterministic(1).console(console).build()) {
      machine.runUntilPoll(POLLS);
      return machine.state();
    }
  }

  @Hostile(value = HostileKind.LOOPS, images = 8, ends = "stopped at a poll")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "for (;;) {}",
        "Cpu.irqSave(); for (;;) {}",
        "for (long i = 0; i >= 0; i++) {}",
        "for (int i = 0; ; i += 0) {}",
        "int i = 0; do { i ^= 1; } while (i < 2);",
        "for (int i = 0; i < 9; i++) { i = 0; }",
        "for (;;) { for (int i = 0; i < 1 << 30; i++) { Memory.mb(); } }",
        "for (;;) { for (int i = 0; i != -1; i++) { for (int k = 0; k != -1; k++) {} } }"
      })
  void anEndlessLoopIsStopped(String loop) {
    assertThat(run(loop, "", new ByteArrayOutputStream())).isEqualTo(RunState.PAUSED);
  }

  @Hostile(value = HostileKind.RECURSION, images = 5, ends = "guest panics")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "static long f(long a) { return f(a + 1) + 1; }",
        "static long f(long a) { return g(a) + 1; } static long g(long a) { return f(a) * 3; }",
        "static long f(long a) { for (;;) { a += f(a); } }",
        "static long f(long a) { return a < 0 ? 1 : f(f(a + 1) + a); }",
        "static long f(long a) { long b = a * 3, c = b ^ a, d = c - b;"
            + " return f(d) + a + b + c + d; }"
      })
  void deepRecursionEndsOnTheGuestsStack(String methods) {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    assertThat(run("f(1);", methods, console)).isEqualTo(RunState.GUEST_PANICKED);
    assertThat(console.toString(StandardCharsets.ISO_8859_1)).contains("Kernel stack overflow");
  }

  @Hostile(value = HostileKind.ALLOCATION, images = 4, ends = "guest panics")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Memory.fill(0x4000_0000L, Integer.MAX_VALUE, 1);",
        "Memory.store64(-8, 1);",
        "Memory.copy(0x4020_0000L, 0, Integer.MAX_VALUE);",
        "for (long a = 0x4030_0000L; ; a += 4096) Memory.store64(a, a);"
      })
  void memoryEndsWhereRamEnds(String statement) {
    assertThat(run(statement, "", new ByteArrayOutputStream())).isEqualTo(RunState.GUEST_PANICKED);
  }

  /** A character for each pass: no more than one between two polls, however the loop is made. */
  @Hostile(value = HostileKind.LOOPS, images = 3, ends = "stopped at a poll")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "for (;;) { Io.writel('a', 0x0900_0000L); }",
        "for (int i = 0; i < 1 << 30; i++) { Io.writel('a', 0x0900_0000L); }",
        "for (;;) { for (int i = 0; i < 60; i++) { Io.writel('a', 0x0900_0000L); } }",
      })
  void aLoopOfDeviceAccessesPollsEachTime(String loop) {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    assertThat(run(loop, "", console)).isEqualTo(RunState.PAUSED);
    assertThat((long) console.size()).isBetween(POLLS / 2, POLLS + 1);
  }

  /** Sixteen million lines of 4 KiB, and not one poll. */
  @Hostile(HostileKind.LOOPS)
  @Test
  void aBoundedMethodOfDeviceAccessesIsRefused() {
    String prints = "Io.writel(4096, 0x0900_000cL);".repeat(240);
    String method =
        "@Bounded(65536) static void f() { for (int i = 0; i < 65536; i++) {" + prints + "} }";
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    assertThatThrownBy(() -> run("f();", method, console))
        .isInstanceOfSatisfying(
            ImageRefusedException.class,
            e -> {
              assertThat(e.refusals().get(0).rule()).isEqualTo(Rule.BOUNDED);
              assertThat(e.refusals().get(0).found()).contains("too long");
            });
  }

  /** The rewriter's own marks in the code have an owner that no class can have. */
  @Hostile(value = HostileKind.LANGUAGE, ends = "guest panics")
  @Test
  void aClassNamedLikeAMarkIsCalled() {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(
        JavaSource.compile(
            Map.of(
                "$mark",
                "class $mark { static void poll() { aerostat.guest.machine.Cpu.panic(\"mark\"); }"
                    + " }",
                "Entry",
                "public class Entry { public static void start(long p) { $mark.poll();"
                    + " aerostat.guest.machine.Cpu.safepoint(); }"
                    + " public static void interrupt(int line) {}"
                    + " public static void thread(long p) {} }")));
    assertThat(run(GuestImage.fromClasses(classes, "Entry"), console))
        .isEqualTo(RunState.GUEST_PANICKED);
    assertThat(console.toString(StandardCharsets.ISO_8859_1)).contains("mark");
  }
}
