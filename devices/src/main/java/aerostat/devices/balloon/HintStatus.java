package aerostat.devices.balloon;

/** Where free page hinting stands (F.3); the order is that of the saved state. */
public enum HintStatus {
  /** Idle or paused; the guest sees command 0. */
  STOP,
  /** A command id is out, its start buffer has not come yet. */
  REQUESTED,
  /** Hints are taken; the guest sees command 0. */
  START,
  /** The guest may take hinted pages back; it sees command 1. */
  DONE
}
