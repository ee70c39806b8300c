package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestConsoleTest {
  private final List<String> said = new ArrayList<>();
  private final FuzzLog log =
      new FuzzLog() {
        @Override
        public boolean on() {
          return true;
        }

        @Override
        public void say(String event) {
          said.add(event);
        }
      };

  @Test
  void linesAreToldToWhoeverReadsTheInput() {
    GuestConsole console = new GuestConsole();
    PrintStream guest = new PrintStream(console, true);
    guest.print("of nobody's input\nand ");
    console.begin(log);
    guest.print("one\r\ntwo\nnot ended");
    console.begin(log);
    guest.print("three\n");
    assertThat(said).containsExactly("guest: one", "guest: two", "guest: three");
  }

  @Test
  void aLineWithoutAnEndIsCut() {
    GuestConsole console = new GuestConsole();
    console.begin(log);
    for (int i = 0; i < 5_000; i++) {
      console.write('x');
    }
    assertThat(said).hasSize(4);
  }
}
