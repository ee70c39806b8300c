package aerostat.tools.fuzz.qmp;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** What clients say: whole sessions to begin with, and the words that they are made of. */
final class QmpWords {
  private static final String HELLO = "{\"execute\": \"qmp_capabilities\"}\n";

  private QmpWords() {}

  static List<byte[]> sessions() {
    return Stream.of(
            "",
            HELLO,
            HELLO + "{\"execute\": \"query-status\", \"id\": 1}\n",
            HELLO + "{\"execute\": \"balloon\", \"arguments\": {\"value\": 4194304}}\n",
            HELLO
                + "{\"execute\": \"cont\"}{\"execute\": \"stop\"}{\"execute\": \"query-balloon\"}",
            HELLO
                + "{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"/machine/balloon0\","
                + " \"property\": \"guest-stats\"}}",
            HELLO
                + "{\"execute\": \"qom-set\", \"arguments\": {\"path\": \"/machine/balloon0\","
                + " \"property\": \"guest-stats-polling-interval\", \"value\": 2}}",
            HELLO + "{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"tcp:h:1\"}, \"id\": []}",
            HELLO + "{\"execute\": \"migrate-incoming\", \"arguments\": {\"uri\": \"unix:/x\"}}",
            HELLO
                + "{\"execute\": \"migrate-set-capabilities\", \"arguments\": {\"capabilities\":"
                + " [{\"capability\": \"events\", \"state\": true}]}}",
            HELLO
                + "{\"execute\": \"migrate-set-parameters\", \"arguments\": {\"downtime-limit\":"
                + " 10, \"x-switchover\": \"qemu\"}}",
            HELLO + "{\"execute\": \"x-console-tail\", \"arguments\": {\"bytes\": 100}}",
            HELLO + "{\"execute\": \"x-query-ram-hash\"}{\"execute\": \"x-query-pages\"}",
            HELLO + "{\"execute\": \"quit\"}")
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  static List<byte[]> words() {
    return Stream.of(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "'",
            "\\",
            "\\u0000",
            "\\ud800",
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1e400",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "0.5",
            "-0",
            "\n",
            "\u00ff",
            "{\"execute\": \"",
            "\"arguments\": {",
            "\"id\": ",
            "qmp_capabilities",
            "query-status",
            "query-balloon",
            "query-commands",
            "query-version",
            "query-name",
            "query-migrate",
            "query-migrate-parameters",
            "query-migrate-capabilities",
            "balloon",
            "stop",
            "cont",
            "system_reset",
            "quit",
            "qom-get",
            "qom-set",
            "qom-list",
            "path",
            "property",
            "value",
            "/machine/balloon0",
            "guest-stats",
            "guest-stats-polling-interval",
            "free-page-hint",
            "migrate",
            "migrate_cancel",
            "migrate-incoming",
            "migrate-start-postcopy",
            "migrate-recover",
            "x-migrate-claim",
            "migrate-set-parameters",
            "migrate-set-capabilities",
            "capabilities",
            "capability",
            "state",
            "object-add",
            "object-del",
            "qom-type",
            "tls-creds-x509",
            "dir",
            "endpoint",
            "uri",
            "force",
            "downtime-limit",
            "max-bandwidth",
            "multifd-channels",
            "x-query-pages",
            "x-query-ram-hash",
            "x-console-tail",
            "bytes")
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }
}
