package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.ProjectDocs;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/guest-java.md and the verifier know the same rules. */
class GuestJavaDocumentTest {
  @Test
  void eachRuleHasAHeading() throws IOException {
    Matcher m =
        Pattern.compile("^### (G\\d\\d) (.*)$", Pattern.MULTILINE)
            .matcher(ProjectDocs.text("guest-java.md"));
    Map<String, String> documented = new TreeMap<>();
    while (m.find()) {
      documented.put(m.group(1), m.group(2));
    }
    Map<String, String> known = new TreeMap<>();
    Arrays.stream(Rule.values()).forEach(r -> known.put(r.id(), r.summary()));
    assertThat(documented).isEqualTo(known);
  }
}
