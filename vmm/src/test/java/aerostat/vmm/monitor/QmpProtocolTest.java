package aerostat.vmm.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol, with a client that knows only its text. */
class QmpProtocolTest extends MonitorFixture {
  @Test
  void theGreetingCarriesVersionAndCapabilities() throws IOException {
    try (RawClient client = new RawClient(endpoint)) {
      Map<String, @Nullable Object> qmp = QmpClient.asObject(client.receive().get("QMP"));

      Map<String, @Nullable Object> version = QmpClient.asObject(qmp.get("version"));
      assertThat(QmpClient.asObject(version.get("qemu"))).containsKeys("major", "minor", "micro");
      assertThat(version.get("package")).asString().startsWith("Aerostat");
      assertThat(qmp.get("capabilities")).isEqualTo(List.of());
    }
  }

  @Test
  void noCommandIsHeardBeforeNegotiation() throws IOException {
    try (RawClient client = new RawClient(endpoint)) {
      client.receive();

      assertThat(client.askForError("{\"execute\":\"query-version\"}"))
          .isEqualTo("CommandNotFound: Expecting capabilities negotiation with 'qmp_capabilities'");
      assertThat(client.ask("{\"execute\":\"qmp_capabilities\"}"))
          .isEqualTo(Map.of("return", Map.of()));
      assertThat(client.ask("{\"execute\":\"query-version\"}")).containsKey("return");
      assertThat(client.askForError("{\"execute\":\"qmp_capabilities\"}"))
          .startsWith("CommandNotFound: Capabilities negotiation is already complete");
    }
  }

  @Test
  void aCapabilityThatIsNotOfferedIsRefused() throws IOException {
    try (RawClient client = new RawClient(endpoint)) {
      client.receive();

      assertThat(
              client.askForError(
                  "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}"))
          .isEqualTo("GenericError: Capability oob is not offered; the greeting lists all");
      assertThat(client.askForError("{\"execute\":\"query-version\"}"))
          .startsWith("CommandNotFound");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1", "\"a\"", "null", "{\"x\": [1, 2.5, true]}", "[{}]", "-9223372036854775808"})
  void anIdOfAnyTypeComesBack(String id) throws Exception {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      Object expected = ((List<?>) present(Json.read(("[" + id + "]").getBytes(UTF_8)))).get(0);

      Map<String, @Nullable Object> good =
          client.ask("{\"execute\":\"query-version\",\"id\":" + id + "}");
      assertThat(good).containsKeys("return", "id");
      assertThat(good.get("id")).isEqualTo(expected);

      Map<String, @Nullable Object> bad = client.ask("{\"execute\":\"nothing\",\"id\":" + id + "}");
      assertThat(bad).containsKeys("error", "id");
      assertThat(bad.get("id")).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[]|QMP input must be a JSON object",
        "{}|QMP input lacks member 'execute'",
        "{\"execute\":1}|QMP input member 'execute' must be a string",
        "{\"execute\":\"echo\",\"arguments\":[]}|QMP input member 'arguments' must be an object",
        "{\"execute\":\"echo\",\"argument\":{}}|QMP input member 'argument' is unexpected",
        "{\"exec-oob\":\"echo\"}|QMP input member 'exec-oob' is unexpected",
        "{\"execute\":\"echo\"}|Parameter 'value' is missing",
        "{\"execute\":\"echo\",\"arguments\":{\"value\":\"1\"}}"
            + "|Invalid parameter type for 'value', expected: integer",
        "{\"execute\":\"echo\",\"arguments\":{\"value\":1.0}}"
            + "|Invalid parameter type for 'value', expected: integer",
        "{\"execute\":\"echo\",\"arguments\":{\"value\":null}}"
            + "|Invalid parameter type for 'value', expected: integer",
        "{\"execute\":\"echo\",\"arguments\":{\"value\":99999999999999999999}}"
            + "|Invalid parameter type for 'value', expected: integer",
        "{\"execute\":\"echo\",\"arguments\":{\"value\":1,\"text\":2}}"
            + "|Invalid parameter type for 'text', expected: string",
        "{\"execute\":\"echo\",\"arguments\":{\"value\":1,\"flag\":\"on\"}}"
            + "|Invalid parameter type for 'flag', expected: boolean",
        "{\"execute\":\"echo\",\"arguments\":{\"value\":1,\"more\":2}}"
            + "|Parameter 'more' is unexpected",
        "{\"execute\":\"fail\"}|it is not the time",
        "{\"execute\":\"break\"}|Internal error: defect",
      })
  void aBadRequestIsAGenericErrorThatNamesTheFault(String request, String description)
      throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      assertThat(client.askForError(request)).isEqualTo("GenericError: " + description);
      assertThat(client.ask("{\"execute\":\"query-version\"}")).containsKey("return");
    }
  }

  @Test
  void anUnknownCommandIsCommandNotFound() throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      assertThat(client.askForError("{\"execute\":\"eject\"}"))
          .isEqualTo("CommandNotFound: The command eject has not been found");
    }
  }

  @Test
  void pipelinedCommandsAreAnsweredInOrderWhateverTheLines() throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 200; i++) {
        text.append("{\"execute\":\"echo\",\n \"arguments\":{\"value\":").append(i).append("}}");
      }
      client.send(text.toString());

      for (long i = 0; i < 200; i++) {
        assertThat(client.receive()).isEqualTo(Map.of("return", Map.of("value", i)));
      }
    }
  }

  @Test
  void aMessageMayArriveByteByByte() throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      for (byte b : "{\"execute\":\"echo\",\"arguments\":{\"value\":7}}".getBytes(UTF_8)) {
        client.send(new byte[] {b});
      }
      assertThat(client.receive()).isEqualTo(Map.of("return", Map.of("value", 7L)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1",
        "}",
        "]{[",
        "hello {\"execute\":\"query-version\"}",
        "\u0000\u0001\u0002",
        "{\"execute\":\"query-version\"",
        "{\"execute\":\"query-\u0007version\"}",
        "{\"execute\" \"query-version\"}",
        "{\"execute\":\"a\",\"execute\":\"b\"}",
        "{\"execute\":query-version}",
        "[1,2}",
      })
  void garbageIsAnErrorAndTheNextLineIsHeard(String garbage) throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      // The lone newline in a string ends what is left open.
      client.send(garbage + "\n\"\n");
      List<String> errors = new ArrayList<>();
      client.send("{\"execute\":\"query-version\",\"id\":\"after\"}\n");
      Map<String, @Nullable Object> answer = client.receive();
      while (!"after".equals(answer.get("id"))) {
        errors.add(RawClient.errorOf(answer));
        answer = client.receive();
      }
      assertThat(errors)
          .isNotEmpty()
          .allSatisfy(e -> assertThat(e).startsWith("GenericError: JSON parse error, "));
    }
  }

  @Test
  void byte0xffDropsAnUnfinishedMessage() throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      client.send("{\"execute\":");
      client.send(new byte[] {(byte) 0xFF});
      assertThat(RawClient.errorOf(client.receive())).contains("0xFF");
      assertThat(client.ask("{\"execute\":\"query-version\"}")).containsKey("return");
    }
  }

  @Test
  void aLineOfTenMebibytesIsOneErrorAndIsNotKept() throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      byte[] megabyte = "x".repeat(1 << 20).getBytes(UTF_8);
      client.send("{\"execute\":\"");
      for (int i = 0; i < 10; i++) {
        client.send(megabyte);
      }
      client.send("\"}\n{\"execute\":\"query-version\",\"id\":1}\n");

      assertThat(RawClient.errorOf(client.receive())).contains("longer than 65536 bytes");
      assertThat(client.receive().get("id")).isEqualTo(1L);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"execute\":", "["})
  void aNestedBombIsAnError(String bomb) throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      client.send(bomb.repeat(50_000) + "\n{\"execute\":\"query-version\",\"id\":1}\n");

      assertThat(RawClient.errorOf(client.receive())).contains("nested deeper than 64");
      assertThat(client.receive().get("id")).isEqualTo(1L);
    }
  }

  @Test
  void aMessageOfTooManyValuesIsAnErrorAndIsNotSentBack() throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      String list = "[" + "0,".repeat(Json.MAX_VALUES) + "0]";
      assertThat(client.askForError("{\"execute\":\"query-version\",\"id\":" + list + "}\n"))
          .isEqualTo("GenericError: JSON parse error, a message has more than 10000 values");
      assertThat(client.ask("{\"execute\":\"query-version\"}")).containsKey("return");
    }
  }

  @Test
  void aNumberOfAThousandDigitsIsAnError() throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      assertThat(
              client.askForError(
                  "{\"execute\":\"echo\",\"arguments\":{\"value\":" + "9".repeat(1000) + "}}"))
          .startsWith("GenericError: JSON parse error, ");
    }
  }

  @Test
  void quitAnswersFirst() throws Exception {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      assertThat(client.ask("{\"execute\":\"quit\",\"id\":5}")).containsKeys("return", "id");
      assertThat(quit.await(10, TimeUnit.SECONDS)).isTrue();
      monitor.close();
      assertThat(client.receive()).isEmpty();
    }
  }

  @Test
  void aClientThatOnlyEndsItsOutputStillGetsItsAnswers() throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      client.send(
          "{\"execute\":\"query-version\",\"id\":1}{\"execute\":\"query-version\",\"id\":2}");
      client.shutdownOutput();
      assertThat(client.receive().get("id")).isEqualTo(1L);
      assertThat(client.receive().get("id")).isEqualTo(2L);
      assertThat(client.receive()).isEmpty();
    }
  }

  private static final java.nio.charset.Charset UTF_8 = java.nio.charset.StandardCharsets.UTF_8;

  private static Object present(@Nullable Object value) {
    return java.util.Objects.requireNonNull(value);
  }
}
