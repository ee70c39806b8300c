package aerostat.tools.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.VmmChild;
import aerostat.vmm.monitor.QmpClient;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A VMM process dies of SIGKILL in the middle of a migration. */
@Timeout(120)
class ProcessDeathIT {
  private static final String ANY_PORT = "tcp:127.0.0.1:0";

  @TempDir Path folder = Path.of("unset");

  @Test
  void ofTheSourceInItsRounds_theDestinationForgetsIt_andTakesAnother() throws Exception {
    try (Fleet fleet = new Fleet(folder)) {
      VmmChild source = fleet.startGuest("A");
      VmmChild to = fleet.startEmpty("B");
      String uri = Fleet.listen(to, ANY_PORT);
      startSlowly(source, uri);

      source.kill();

      VmmChild other = fleet.startGuest("C");
      Fleet.move(other, to, uri);
      Fleet.countsOn(to);
    }
  }

  @Test
  void ofTheDestinationInTheRounds_theGuestRunsOn_andMovesElsewhere() throws Exception {
    try (Fleet fleet = new Fleet(folder)) {
      VmmChild source = fleet.startGuest("A");
      VmmChild first = fleet.startEmpty("B");
      startSlowly(source, Fleet.listen(first, ANY_PORT));

      first.kill();

      Fleet.await(() -> Fleet.ended(Fleet.migration(source)), "the migration goes on alone");
      assertThat(source.query("query-migrate"))
          .containsEntry("status", "failed")
          .containsKey("error-desc");
      assertThat(Fleet.runs(source)).isTrue();
      Fleet.countsOn(source);
      source.qmp("migrate-set-parameters", Map.of("max-bandwidth", 1L << 30));
      VmmChild second = fleet.startEmpty("C");
      Fleet.move(source, second, Fleet.listen(second, ANY_PORT));
      Fleet.countsOn(second);
    }
  }

  @Test
  void ofTheOwner_doesNotWakeTheSource() throws Exception {
    try (Fleet fleet = new Fleet(folder)) {
      VmmChild source = fleet.startGuest("A");
      VmmChild owner = fleet.startEmpty("B");
      Fleet.move(source, owner, Fleet.listen(owner, ANY_PORT));

      owner.kill();

      assertThatThrownBy(() -> source.qmp("cont", Map.of())).isInstanceOf(ChildFailure.class);
      assertThat(Fleet.runState(source)).isEqualTo("postmigrate");
      assertThat(Fleet.migration(source)).isEqualTo("completed");
    }
  }

  /** Begins a migration that would last for minutes, and waits until pages flow. */
  private static void startSlowly(VmmChild source, String uri) throws ChildFailure {
    source.qmp("migrate-set-parameters", Map.of("max-bandwidth", 500_000));
    source.qmp("migrate", Map.of("uri", uri));
    Fleet.await(
        () -> {
          Map<String, @Nullable Object> state = source.query("query-migrate");
          Map<String, @Nullable Object> ram = QmpClient.asObject(state.get("ram"));
          return "active".equals(state.get("status"))
              && ram.get("normal") instanceof Long normal
              && normal > 0;
        },
        "no page is sent");
  }
}
