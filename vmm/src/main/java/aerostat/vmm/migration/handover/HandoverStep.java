package aerostat.vmm.migration.handover;

import java.util.List;

/**
 * The outcome of an event: the state to store first, then the actions to carry out. Storing before
 * acting is part of the protocol: a source is GIVEN before the first byte of COMMIT leaves.
 */
public record HandoverStep<S>(S next, List<HandoverAction> actions) {
  static <S> HandoverStep<S> to(S next, HandoverAction... actions) {
    return new HandoverStep<>(next, List.of(actions));
  }
}
