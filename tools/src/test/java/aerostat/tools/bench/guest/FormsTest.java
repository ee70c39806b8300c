package aerostat.tools.bench.guest;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A comparison of forms is worth something only if all of them do the same. */
class FormsTest {
  private static List<Long> results(Form form, GuestFunction function) throws Throwable {
    List<Long> results = new ArrayList<>();
    try (GuestCode guest = GuestCode.of(form)) {
      MethodHandle call = function.bind(guest);
      if (form == Form.STOPPED && guest instanceof RewrittenGuest rewritten) {
        assertThat(rewritten.stop(call, 200)).as("stops").isEqualTo(200);
        for (int i = 0; i < 3; i++) {
          rewritten.runWithOneStop(call);
          results.add(rewritten.run(call));
        }
      } else {
        for (int i = 0; i < 3; i++) {
          results.add((long) call.invokeExact());
        }
      }
    }
    return results;
  }

  @ParameterizedTest
  @EnumSource(GuestFunction.class)
  void everyFormGivesTheSameResult(GuestFunction function) throws Throwable {
    List<Long> plain = results(Form.PLAIN, function);
    for (Form form : Form.values()) {
      assertThat(results(form, function)).as("%s", form).isEqualTo(plain);
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void onlyTheFormsWithMarksMark(Form form) throws Throwable {
    try (GuestCode guest = GuestCode.of(form)) {
      MethodHandle fill = GuestFunction.FILL.bind(guest);
      if (!(guest instanceof RewrittenGuest rewritten)) {
        return;
      }
      GuestMemory memory = rewritten.memory();
      var cards = memory.dirtyLog().cards();
      Arrays.fill(cards, (byte) 0);
      assertThat((long) fill.invokeExact()).isEqualTo(42);
      long page = (guest.area() - GuestMemory.RAM_BASE) / GuestMemory.PAGE_SIZE;
      byte card = cards[(int) page];
      assertThat(card != 0).isEqualTo(form.marks());
    }
  }

  @Test
  void tenFramesAreStoppedAndGoOn() {
    try (RewrittenGuest guest = new RewrittenGuest(Form.VMM)) {
      MethodHandle call =
          GuestFunction.bind(guest.find("Frames", "first", long.class, long.class), 5L);
      long straight = guest.run(call);

      assertThat(guest.runWithOneStop(call)).isEqualTo(straight);
      assertThat(guest.stop(call, 50)).isEqualTo(50);
    }
  }
}
