package aerostat.tools.fuzz.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.fuzz.Findings;
import aerostat.tools.fuzz.FuzzTarget;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An input finds the monitor as every other does. */
class QmpTargetTest {
  private static final String HELLO = "{'execute': 'qmp_capabilities'}";
  private static final String ASK =
      HELLO
          + "{'execute': 'query-migrate-parameters'}{'execute': 'query-migrate-capabilities'}"
          + "{'execute': 'query-status'}";
  private static final String CHANGE =
      HELLO
          + "{'execute': 'migrate-set-parameters', 'arguments': {'downtime-limit': 77}}"
          + "{'execute': 'migrate-set-capabilities', 'arguments': {'capabilities':"
          + " [{'capability': 'auto-converge', 'state': true}]}}";

  @Test
  void whatOneInputSetsAnotherDoesNotSee() {
    try (FuzzTarget target = new QmpTarget()) {
      List<String> fresh = answers(target, ASK);
      assertThat(fresh).anyMatch(line -> line.contains("\"downtime-limit\":"));

      assertThat(answers(target, CHANGE + ASK))
          .as("what is set is seen, and within one input only")
          .anyMatch(line -> line.contains("\"downtime-limit\":77"));
      assertThat(answers(target, ASK)).isEqualTo(fresh);
    }
  }

  @Test
  void aMonitorThatWasToldToQuitIsMadeAnew() {
    try (FuzzTarget target = new QmpTarget()) {
      List<String> fresh = answers(target, ASK);
      var unused = answers(target, HELLO + "{'execute': 'quit'}");
      assertThat(answers(target, ASK)).isEqualTo(fresh);
    }
  }

  private static List<String> answers(FuzzTarget target, String session) {
    byte[] input = session.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    List<String> lines = Findings.trace(target, input);
    assertThat(lines).last().isEqualTo("every property holds");
    return lines;
  }
}
