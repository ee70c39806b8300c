package aerostat.devices.balloon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BalloonOptionsTest {
  @ParameterizedTest
  @EnumSource(BalloonProperty.class)
  void aPropertyIsNamedByItsWordWithEitherDash(BalloonProperty property) {
    assertThat(BalloonProperty.named(property.word())).contains(property);
    assertThat(BalloonProperty.named(property.word().replace('-', '_'))).contains(property);
  }

  @Test
  void theSpecificationsNameOfHintingDoesAsWell() {
    assertThat(BalloonProperty.named("free-page-hinting")).contains(BalloonProperty.FREE_PAGE_HINT);
    assertThat(BalloonProperty.named("free-page")).isEmpty();
    assertThat(QueueNumbering.named("dense_offered")).contains(QueueNumbering.DENSE_OFFERED);
    assertThat(QueueNumbering.named("sparse")).isEmpty();
  }

  @Test
  void equalOptionsReadAlike() {
    BalloonOptions changed =
        BalloonOptions.DEFAULT
            .with(BalloonProperty.PACKED, true)
            .with(BalloonProperty.EVENT_IDX, false)
            .with(QueueNumbering.SPEC);
    assertThat(changed.toString())
        .contains("packed=on,", "event-idx=off,", "free-page-hint=on,")
        .endsWith("queue-numbering=spec")
        .isNotEqualTo(BalloonOptions.DEFAULT.toString());
    assertThat(
            changed
                .with(BalloonProperty.PACKED, false)
                .with(BalloonProperty.EVENT_IDX, true)
                .with(QueueNumbering.DENSE_OFFERED)
                .toString())
        .isEqualTo(BalloonOptions.DEFAULT.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "REQUEST_ID, GET_FREE_PAGES",
    "DROP_LOCK, REQUEST_ID",
    "DISCARD_FREE_PAGES, GET_FREE_PAGES",
    "CLEAN_FREE_PAGES, GET_FREE_PAGES",
    "INFLATE_DEFLATE, PAGE_BITMAP"
  })
  void whatIsNothingWithoutAnotherIsRefused(BalloonProperty property, BalloonProperty other) {
    assertThatThrownBy(() -> BalloonOptions.DEFAULT.with(property, true).check())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(property.word())
        .hasMessageContaining(other.word());
  }

  @Test
  void whatContradictsIsRefused() {
    BalloonOptions bitmap = BalloonOptions.DEFAULT.with(BalloonProperty.GET_FREE_PAGES, true);
    assertThatThrownBy(bitmap::check).hasMessageContaining("one feature bit");
    assertThatThrownBy(
            () ->
                bitmap
                    .with(BalloonProperty.FREE_PAGE_HINT, false)
                    .with(BalloonProperty.IN_ORDER, true)
                    .check())
        .hasMessageContaining("in-order");
    bitmap.with(BalloonProperty.FREE_PAGE_HINT, false).check();
  }
}
