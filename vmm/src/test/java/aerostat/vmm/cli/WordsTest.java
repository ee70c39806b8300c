package aerostat.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.devices.balloon.QueueNumbering;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sizes, switches and arguments as users write them. */
class WordsTest {
  @ParameterizedTest
  @CsvSource({
    "4096, 4096",
    "0, 0",
    "64K, 65536",
    "64k, 65536",
    "1M, 1048576",
    "2G, 2147483648",
    "1T, 1099511627776",
    "9223372036854775807, 9223372036854775807"
  })
  void sizesAreRead(String text, long bytes) {
    assertThat(Size.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"0, 0 bytes", "1024, 1 KiB", "1536, 1.5 KiB", "1073741824, 1 GiB"})
  void sizesAreShown(long bytes, String text) {
    assertThat(Size.show(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "free-page-hint=off|false|false|false|false",
        "free_page_hinting=on,page_poison=on|true|false|true|false",
        "free-page-reporting=on,deflate-on-oom=on|true|true|false|true",
        "page-poison|true|false|true|false",
      })
  void balloonPropertiesAreRead(
      String text, boolean hint, boolean reporting, boolean poison, boolean oom) {
    assertThat(new BalloonFlags().convert(text))
        .isEqualTo(new BalloonOptions(hint, reporting, poison, oom));
  }

  @Test
  void bitmapsTakeTheBitOfHints() {
    BalloonOptions bitmap = new BalloonFlags().convert("get-free-pages=on,x-request-id=on");
    assertThat(bitmap.has(BalloonProperty.GET_FREE_PAGES)).isTrue();
    assertThat(bitmap.has(BalloonProperty.FREE_PAGE_HINT)).isFalse();
    assertThat(new BalloonFlags().convert("queue_numbering=spec").queueNumbering())
        .isEqualTo(QueueNumbering.SPEC);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "free-page-hint=on,get-free-pages=on|one feature bit",
        "get-free-pages=on,in-order=on|which in-order forbids",
        "x-request-id=on|x-request-id is nothing without get-free-pages",
        "queue-numbering=on|write spec, dense-offered, dense-negotiated",
        "nonsense=on|the balloon has no property 'nonsense'; it has free-page-hint, ",
        "page-poison=maybe|write on or off",
      })
  void balloonPropertiesThatMakeNoSense(String text, String message) {
    assertThatThrownBy(() -> new BalloonFlags().convert(text)).hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "legacy|legacy=on,x-pfn-reset=off",
        "legacy=on,x_pfn_reset=on|legacy=on,x-pfn-reset=on",
        "legacy=off|legacy=off,x-pfn-reset=off",
      })
  void transportPropertiesAreRead(String text, String options) {
    assertThat(new VirtioMmioFlags().convert(text)).hasToString(options);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x-pfn-reset=on|x-pfn-reset is nothing without legacy",
        "packed=on|virtio-mmio has no property 'packed'; it has legacy, x-pfn-reset",
        "legacy=maybe|write on or off",
      })
  void transportPropertiesThatMakeNoSense(String text, String message) {
    assertThatThrownBy(() -> new VirtioMmioFlags().convert(text)).hasMessageContaining(message);
  }

  @Test
  void argumentsGetTheTypeThatTheyLookLike() {
    assertThat(
            KeyValues.parse(
                List.of("n=5", "m=-5", "size=2M", "on=on", "text=unix:/a=b", "list=[1,{\"a\":2}]")))
        .isEqualTo(
            Map.of(
                "n",
                5L,
                "m",
                -5L,
                "size",
                2L << 20,
                "on",
                true,
                "text",
                "unix:/a=b",
                "list",
                List.of(1L, Map.of("a", 2L))));
    assertThat(KeyValues.parse(List.of("{\"uri\": \"5\"}"))).isEqualTo(Map.of("uri", "5"));
  }
}
