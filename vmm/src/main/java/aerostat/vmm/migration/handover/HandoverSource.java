package aerostat.vmm.migration.handover;

import static aerostat.vmm.migration.handover.HandoverAction.Do.CLOSE;
import static aerostat.vmm.migration.handover.HandoverAction.Do.RECONNECT;
import static aerostat.vmm.migration.handover.HandoverAction.Do.RELEASE;
import static aerostat.vmm.migration.handover.HandoverAction.Do.RUN;

import aerostat.vmm.migration.handover.HandoverAction.Send;
import aerostat.vmm.migration.handover.HandoverAction.Warn;
import aerostat.vmm.migration.wire.HandoverMessage;
import aerostat.vmm.migration.wire.PeerState;
import java.util.UUID;

/**
 * The source's half of the handover, as a value: events in, next state and actions out, no I/O and
 * no clock. The other half is {@link HandoverDestination}.
 *
 * <pre>{@code
 *          offer: FINAL           READY: COMMIT               STARTED | OWNER
 * ACTIVE ----------------> OFFERED --------------> GIVEN ------------------------> COMPLETED
 *   |                        |                     |  ^                              ^
 *   | give up                | give up,            |  | lost: reconnect, QUERY       |
 *   |                        | lost                |  | WAITING: COMMIT again        |
 *   v  DISCARDED, UNKNOWN    v                     |  +--                            |
 * CLOSED <--------------- ABORTED <----------------+ claim by force, peer away       |
 *   ^                        | ^                   |                                 |
 *   |                        +-+ ABORT until       | claim: ABORT      STARTED|OWNER |
 *   |        DISCARDED         it is answered      v                                 |
 *   +------------------------------------------ RECLAIMING --------------------------+
 * }</pre>
 *
 * <p>The guest runs here, or may, in ACTIVE, ABORTED and CLOSED. In OFFERED it is paused and comes
 * back by itself when anything goes wrong. In GIVEN and RECLAIMING it is neither run nor freed, for
 * as long as it takes: no time-out leads out of them. COMPLETED is the end: the guest is elsewhere.
 *
 * <p>RECLAIMING exists because a COMMIT may still be under way when the operator claims the guest:
 * the source runs only after the destination said DISCARDED, which it never takes back. UNKNOWN is
 * not enough: the process that ran the guest may have died, and another listen in its place. Then,
 * as with a destination out of reach, only a claim by force leads back.
 *
 * @param epoch number of the present or last connection
 * @param connected whether there is a connection
 * @param forgotten whether the destination of this connection said UNKNOWN of a guest given to it
 * @param digest of what went after the pause; empty before OFFERED
 */
public record HandoverSource(
    UUID uuid, Phase phase, int epoch, boolean connected, boolean forgotten, String digest) {
  /** See the diagram. */
  public enum Phase {
    ACTIVE,
    OFFERED,
    GIVEN,
    RECLAIMING,
    COMPLETED,
    ABORTED,
    CLOSED
  }

  /** A new migration on its first connection. */
  public static HandoverSource begin(UUID uuid) {
    return new HandoverSource(uuid, Phase.ACTIVE, 0, true, false, "");
  }

  /** Whether this side may run the guest. */
  boolean mayRun() {
    return phase == Phase.ACTIVE || phase == Phase.ABORTED || phase == Phase.CLOSED;
  }

  /** Whether the guest is out of reach of {@code cont} and cancel. */
  public boolean given() {
    return phase == Phase.GIVEN || phase == Phase.RECLAIMING || phase == Phase.COMPLETED;
  }

  /** Whether nothing remains to be said to the destination. */
  boolean settled() {
    return phase == Phase.COMPLETED || phase == Phase.CLOSED;
  }

  /** Everything but FINAL is sent, the guest is paused. */
  public HandoverStep<HandoverSource> offer(String sentDigest, boolean running) {
    if (phase != Phase.ACTIVE) {
      throw new IllegalStateException("offer in " + phase);
    }
    HandoverSource next =
        new HandoverSource(uuid, Phase.OFFERED, epoch, connected, false, sentDigest);
    return HandoverStep.to(
        next, new Send(new HandoverMessage.Final(uuid, epoch, sentDigest, running)));
  }

  /**
   * Cancel, failure, or a time-out before the guest was given.
   *
   * @throws IllegalStateException once it is given; nothing changes
   */
  HandoverStep<HandoverSource> giveUp() {
    return switch (phase) {
      case ACTIVE -> HandoverStep.to(in(Phase.CLOSED), RUN, CLOSE);
      case OFFERED ->
          connected
              ? HandoverStep.to(in(Phase.ABORTED), RUN, abort())
              : HandoverStep.to(in(Phase.ABORTED), RUN, RECONNECT);
      case ABORTED, CLOSED -> HandoverStep.to(this);
      case GIVEN, RECLAIMING ->
          throw new IllegalStateException(
              "the guest was given to the destination; it can no longer be cancelled");
      case COMPLETED -> throw new IllegalStateException("the guest runs on the destination");
    };
  }

  /** The destination refused; it discarded what it had and never waits for this guest. */
  HandoverStep<HandoverSource> refused() {
    return switch (phase) {
      case ACTIVE, OFFERED -> HandoverStep.to(in(Phase.CLOSED), RUN, CLOSE);
      default -> HandoverStep.to(this);
    };
  }

  /** The connection broke. */
  HandoverStep<HandoverSource> connectionLost() {
    HandoverSource off = new HandoverSource(uuid, phase, epoch, false, false, digest);
    return switch (phase) {
      case ACTIVE, OFFERED -> off.giveUp();
      case GIVEN, RECLAIMING, ABORTED -> HandoverStep.to(off, RECONNECT);
      case COMPLETED, CLOSED -> HandoverStep.to(off);
    };
  }

  /** A new connection to the same address is there. */
  HandoverStep<HandoverSource> reconnected() {
    HandoverSource on = new HandoverSource(uuid, phase, epoch + 1, true, false, digest);
    return switch (phase) {
      case GIVEN -> HandoverStep.to(on, on.query());
      case RECLAIMING, ABORTED -> HandoverStep.to(on, on.abort());
      case ACTIVE, OFFERED, COMPLETED, CLOSED -> HandoverStep.to(on, CLOSE);
    };
  }

  /**
   * The operator wants the guest back here.
   *
   * @param force take it although the destination cannot be asked
   * @throws IllegalStateException with the reason; nothing changes
   */
  HandoverStep<HandoverSource> claim(boolean force) {
    if (phase == Phase.COMPLETED) {
      throw new IllegalStateException("the guest runs on the destination");
    }
    if (phase != Phase.GIVEN && phase != Phase.RECLAIMING) {
      throw new IllegalStateException("nothing to claim: the guest is here");
    }
    if (connected && !forgotten) {
      return HandoverStep.to(in(Phase.RECLAIMING), abort());
    }
    if (!force) {
      throw new IllegalStateException(
          (forgotten
                  ? "the destination does not know the guest; another process may run it, or have"
                      + " run it."
                  : "the destination cannot be asked; it may run the guest.")
              + " Stop its VMM process first, then claim with force:true");
    }
    return connected
        ? HandoverStep.to(in(Phase.ABORTED), RUN, abort())
        : HandoverStep.to(in(Phase.ABORTED), RUN, RECONNECT);
  }

  /** A message of the destination. One of another migration is ignored. */
  public HandoverStep<HandoverSource> received(HandoverMessage message) {
    if (!message.uuid().equals(uuid)) {
      return HandoverStep.to(this);
    }
    return switch (message) {
      case HandoverMessage.Ready ready -> ready(ready);
      case HandoverMessage.Started started -> owner();
      case HandoverMessage.Answer answer -> answer(answer.state());
      case HandoverMessage.Query query ->
          HandoverStep.to(this, new Send(new HandoverMessage.Answer(uuid, epoch, state())));
      default -> HandoverStep.to(this);
    };
  }

  /** What this side answers to QUERY. */
  PeerState state() {
    return switch (phase) {
      case ACTIVE, OFFERED -> PeerState.OWNER;
      case GIVEN, RECLAIMING -> PeerState.GIVEN;
      case ABORTED, CLOSED -> PeerState.ABORTED;
      case COMPLETED -> PeerState.UNKNOWN;
    };
  }

  private HandoverStep<HandoverSource> ready(HandoverMessage.Ready ready) {
    return switch (phase) {
      case OFFERED -> ready.digest().equals(digest) ? commit() : giveUp();
      case GIVEN -> commit();
      case RECLAIMING, ABORTED, CLOSED -> HandoverStep.to(this, abort());
      case ACTIVE, COMPLETED -> HandoverStep.to(this);
    };
  }

  private HandoverStep<HandoverSource> owner() {
    return switch (phase) {
      case GIVEN, RECLAIMING -> HandoverStep.to(in(Phase.COMPLETED), RELEASE, CLOSE);
      case ABORTED, CLOSED ->
          HandoverStep.to(
              in(Phase.CLOSED),
              new Warn("the destination runs this guest as well: a claim was forced on one side"),
              CLOSE);
      case ACTIVE, OFFERED, COMPLETED -> HandoverStep.to(this);
    };
  }

  private HandoverStep<HandoverSource> answer(PeerState state) {
    return switch (state) {
      case OWNER -> owner();
      case WAITING ->
          switch (phase) {
            case GIVEN -> commit();
            case RECLAIMING, ABORTED -> HandoverStep.to(this, abort());
            default -> HandoverStep.to(this);
          };
      case DISCARDED ->
          switch (phase) {
            case RECLAIMING -> HandoverStep.to(in(Phase.CLOSED), RUN, CLOSE);
            case ABORTED -> HandoverStep.to(in(Phase.CLOSED), CLOSE);
            default -> HandoverStep.to(this);
          };
      case UNKNOWN ->
          switch (phase) {
            case ABORTED -> HandoverStep.to(in(Phase.CLOSED), CLOSE);
            case GIVEN, RECLAIMING ->
                HandoverStep.to(
                    new HandoverSource(uuid, phase, epoch, connected, true, digest),
                    new Warn(
                        "the destination does not know the guest: it may have run there and ended;"
                            + " x-migrate-claim with force:true takes this copy"));
            default -> HandoverStep.to(this);
          };
      case GIVEN, ABORTED -> HandoverStep.to(this);
    };
  }

  private HandoverStep<HandoverSource> commit() {
    return HandoverStep.to(in(Phase.GIVEN), new Send(new HandoverMessage.Commit(uuid, epoch)));
  }

  private Send abort() {
    return new Send(new HandoverMessage.Abort(uuid, epoch));
  }

  private Send query() {
    return new Send(new HandoverMessage.Query(uuid, epoch));
  }

  private HandoverSource in(Phase next) {
    return new HandoverSource(uuid, next, epoch, connected, forgotten, digest);
  }
}
