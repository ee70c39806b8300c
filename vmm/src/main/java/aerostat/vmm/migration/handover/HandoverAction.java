package aerostat.vmm.migration.handover;

import aerostat.vmm.migration.wire.HandoverMessage;

/** What a handover's state machine asks its surroundings to do, in the order given. */
public sealed interface HandoverAction {
  /** Sends on the present connection; dropped when there is none. */
  record Send(HandoverMessage message) implements HandoverAction {}

  /** Something the operator must read. */
  record Warn(String text) implements HandoverAction {}

  /** The rest. */
  enum Do implements HandoverAction {
    /**
     * Source: the guest is kept and goes on as before the pause. Destination: the guest goes on.
     */
    RUN,
    /** Source: the guest runs elsewhere; free its memory. */
    RELEASE,
    /** Destination: close the half or whole guest, as if it never came. */
    DISCARD,
    /** Source: connect to the same address, with back-off, until it works. */
    RECONNECT,
    /** Nothing more will be said on this connection. */
    CLOSE
  }
}
