package aerostat.vmm.migration.handover;

import static aerostat.vmm.migration.handover.HandoverAction.Do.CLOSE;
import static aerostat.vmm.migration.handover.HandoverAction.Do.DISCARD;
import static aerostat.vmm.migration.handover.HandoverAction.Do.RUN;

import aerostat.vmm.migration.handover.HandoverAction.Send;
import aerostat.vmm.migration.wire.HandoverMessage;
import aerostat.vmm.migration.wire.PeerState;
import java.util.UUID;

/**
 * The destination's half of the handover, as a value: events in, next state and actions out. The
 * other half is {@link HandoverSource}.
 *
 * <pre>{@code
 *          FINAL, verified: READY              COMMIT | claim and GIVEN: STARTED
 * LOADING ----------------------------> WAITING ---------------------------------> OWNER
 *    |                                   |   ^ |
 *    | lost, bad, ABORT, QUERY           |   +-+ lost; QUERY: WAITING; FINAL: READY
 *    v                                   |
 * DISCARDED <----------------------------+ ABORT, or the source answers ABORTED
 * }</pre>
 *
 * <p>WAITING begins before the first byte of READY; no time-out and no broken connection leads out
 * of it. DISCARDED is final for the uuid: whatever comes later is answered DISCARDED, and the guest
 * is never taken up again, which is what lets a source that reads it run its own. UNKNOWN says
 * less: the process that answers may have taken the place of one that ran the guest and died.
 *
 * @param epoch number of the present or last connection, as the source counts
 * @param claiming whether the operator asked for the guest and the source was asked
 * @param digest of what came after the pause; empty before WAITING
 */
public record HandoverDestination(
    UUID uuid, Phase phase, int epoch, boolean connected, boolean claiming, String digest) {
  /** See the diagram. */
  public enum Phase {
    LOADING,
    WAITING,
    OWNER,
    DISCARDED
  }

  /** A guest begins to arrive. */
  public static HandoverDestination begin(UUID uuid) {
    return new HandoverDestination(uuid, Phase.LOADING, 0, true, false, "");
  }

  /** Whether this side may run the guest. */
  public boolean mayRun() {
    return phase == Phase.OWNER;
  }

  /** The guest is built, paused and verified, and FINAL's digest equals our own. */
  public HandoverStep<HandoverDestination> loaded(String ownDigest) {
    if (phase != Phase.LOADING) {
      throw new IllegalStateException("loaded in " + phase);
    }
    HandoverDestination next =
        new HandoverDestination(uuid, Phase.WAITING, epoch, connected, false, ownDigest);
    return HandoverStep.to(next, next.ready());
  }

  /** The stream was refused, or stopped coming. Only a guest that is still loading is dropped. */
  public HandoverStep<HandoverDestination> rejected() {
    return phase == Phase.LOADING
        ? HandoverStep.to(in(Phase.DISCARDED), DISCARD, CLOSE)
        : HandoverStep.to(this);
  }

  /** The connection broke. */
  public HandoverStep<HandoverDestination> connectionLost() {
    HandoverDestination off = new HandoverDestination(uuid, phase, epoch, false, claiming, digest);
    return phase == Phase.LOADING
        ? HandoverStep.to(off.in(Phase.DISCARDED), DISCARD)
        : HandoverStep.to(off);
  }

  /** The source came back; its first message follows. */
  public HandoverStep<HandoverDestination> reconnected(int newEpoch) {
    HandoverDestination on =
        new HandoverDestination(uuid, phase, Math.max(epoch, newEpoch), true, claiming, digest);
    return claiming && phase == Phase.WAITING
        ? HandoverStep.to(on, on.query())
        : HandoverStep.to(on);
  }

  /**
   * The operator wants the guest to run here.
   *
   * @param force take it although the source cannot be asked
   * @throws IllegalStateException with the reason; nothing changes
   */
  public HandoverStep<HandoverDestination> claim(boolean force) {
    switch (phase) {
      case LOADING -> throw new IllegalStateException("the guest has not arrived yet");
      case OWNER -> throw new IllegalStateException("nothing to claim: the guest is here");
      case DISCARDED -> throw new IllegalStateException("the guest was discarded");
      case WAITING -> {}
    }
    if (connected) {
      HandoverDestination asking = new HandoverDestination(uuid, phase, epoch, true, true, digest);
      return HandoverStep.to(asking, query());
    }
    if (!force) {
      throw new IllegalStateException(
          "the source cannot be asked; it may run the guest. Stop its VMM process first, then claim"
              + " with force:true");
    }
    return HandoverStep.to(in(Phase.OWNER), RUN);
  }

  /** A message of the source. One of another migration is answered UNKNOWN where it asks. */
  public HandoverStep<HandoverDestination> received(HandoverMessage message) {
    if (!message.uuid().equals(uuid)) {
      return switch (message) {
        case HandoverMessage.Abort m -> HandoverStep.to(this, unknown(m));
        case HandoverMessage.Query m -> HandoverStep.to(this, unknown(m));
        default -> HandoverStep.to(this);
      };
    }
    return switch (phase) {
      case LOADING -> loading(message);
      case WAITING -> waiting(message);
      case OWNER -> owner(message);
      case DISCARDED -> discarded(message);
    };
  }

  /** The answer for a guest that this side has never heard of. */
  public static Send unknown(HandoverMessage about) {
    return new Send(new HandoverMessage.Answer(about.uuid(), about.epoch(), PeerState.UNKNOWN));
  }

  private HandoverStep<HandoverDestination> loading(HandoverMessage message) {
    return switch (message) {
      // The source sends these only after it stopped waiting for READY, or never saw one.
      case HandoverMessage.Abort m -> discard();
      case HandoverMessage.Query m -> discard();
      case HandoverMessage.Commit m -> discard();
      default -> HandoverStep.to(this);
    };
  }

  private HandoverStep<HandoverDestination> waiting(HandoverMessage message) {
    return switch (message) {
      case HandoverMessage.Commit m -> HandoverStep.to(in(Phase.OWNER), RUN, started());
      case HandoverMessage.Abort m -> discard();
      case HandoverMessage.Query m -> HandoverStep.to(this, answer(PeerState.WAITING));
      case HandoverMessage.Final m -> HandoverStep.to(this, ready());
      case HandoverMessage.Answer m ->
          switch (m.state()) {
            case GIVEN ->
                claiming ? HandoverStep.to(in(Phase.OWNER), RUN, started()) : HandoverStep.to(this);
            case ABORTED -> discard();
            // OWNER: the source has not given the guest (it may not have read READY yet).
            case OWNER, WAITING, UNKNOWN, DISCARDED ->
                HandoverStep.to(
                    new HandoverDestination(uuid, phase, epoch, connected, false, digest));
          };
      default -> HandoverStep.to(this);
    };
  }

  private HandoverStep<HandoverDestination> owner(HandoverMessage message) {
    return switch (message) {
      case HandoverMessage.Commit m -> HandoverStep.to(this, started());
      case HandoverMessage.Abort m -> HandoverStep.to(this, answer(PeerState.OWNER));
      case HandoverMessage.Query m -> HandoverStep.to(this, answer(PeerState.OWNER));
      default -> HandoverStep.to(this);
    };
  }

  private HandoverStep<HandoverDestination> discarded(HandoverMessage message) {
    return switch (message) {
      case HandoverMessage.Commit m -> HandoverStep.to(this, answer(PeerState.DISCARDED));
      case HandoverMessage.Abort m -> HandoverStep.to(this, answer(PeerState.DISCARDED));
      case HandoverMessage.Query m -> HandoverStep.to(this, answer(PeerState.DISCARDED));
      default -> HandoverStep.to(this);
    };
  }

  private HandoverStep<HandoverDestination> discard() {
    return HandoverStep.to(in(Phase.DISCARDED), DISCARD, answer(PeerState.DISCARDED));
  }

  private Send ready() {
    return new Send(new HandoverMessage.Ready(uuid, epoch, digest));
  }

  private Send started() {
    return new Send(new HandoverMessage.Started(uuid, epoch));
  }

  private Send query() {
    return new Send(new HandoverMessage.Query(uuid, epoch));
  }

  private Send answer(PeerState state) {
    return new Send(new HandoverMessage.Answer(uuid, epoch, state));
  }

  private HandoverDestination in(Phase next) {
    return new HandoverDestination(uuid, next, epoch, connected, false, digest);
  }
}
