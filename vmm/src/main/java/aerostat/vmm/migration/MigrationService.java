package aerostat.vmm.migration;

import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.MachineSlot;
import java.util.Map;
import java.util.function.Consumer;

/**
 * SKELETON (owner: migration). What QMP's migration commands stand on. Thread-safe; nothing here
 * blocks.
 */
public final class MigrationService implements AutoCloseable {
  public MigrationService(MachineSlot slot) {}

  /**
   * {@code migrate}: starts an outgoing migration to {@code tcp:host:port} or {@code unix:path}.
   */
  public void migrate(String uri) {
    throw new UnsupportedOperationException();
  }

  /**
   * {@code migrate-incoming} and {@code --incoming}: listens; returns the address in use (port 0 is
   * resolved).
   */
  public String listen(String uri) {
    throw new UnsupportedOperationException();
  }

  /** {@code migrate_cancel}; an IllegalStateException with a reason once the guest is GIVEN. */
  public void cancel() {
    throw new UnsupportedOperationException();
  }

  /**
   * {@code query-migrate} as QEMU lays it out: nested maps of QMP names to numbers, strings, maps.
   */
  public Map<String, Object> query() {
    throw new UnsupportedOperationException();
  }

  /**
   * Names to values; an unknown or ill-typed one is an IllegalArgumentException that names it, and
   * nothing is set.
   */
  public void setParameters(Map<String, Object> parameters) {
    throw new UnsupportedOperationException();
  }

  public Map<String, Object> parameters() {
    throw new UnsupportedOperationException();
  }

  public void setCapabilities(Map<String, Boolean> capabilities) {
    throw new UnsupportedOperationException();
  }

  public Map<String, Boolean> capabilities() {
    throw new UnsupportedOperationException();
  }

  /**
   * Refuses {@code cont} with a reason while the guest is given away; called by the monitor before
   * resume.
   */
  public void checkMayResume() {
    throw new UnsupportedOperationException();
  }

  /** MIGRATION (detail: status) and MIGRATION_PASS (detail: pass number). */
  public void onEvent(Consumer<MachineEvent> listener) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
