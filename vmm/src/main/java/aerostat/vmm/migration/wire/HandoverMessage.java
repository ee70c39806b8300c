package aerostat.vmm.migration.wire;

import java.util.UUID;

/**
 * The messages of the handover. Each names the migration by its uuid; the epoch is the number of
 * the connection within the migration (0 for the first), so that a late one can be told.
 */
public sealed interface HandoverMessage {
  UUID uuid();

  int epoch();

  MessageType type();

  /**
   * S→D: everything is sent.
   *
   * @param digest over all that went after the pause, hexadecimal
   * @param running whether the guest ran before the migration stopped it, so shall run
   */
  record Final(UUID uuid, int epoch, String digest, boolean running) implements HandoverMessage {
    @Override
    public MessageType type() {
      return MessageType.FINAL;
    }
  }

  /** D→S: loaded and verified; the digest is the destination's own. */
  record Ready(UUID uuid, int epoch, String digest) implements HandoverMessage {
    @Override
    public MessageType type() {
      return MessageType.READY;
    }
  }

  /** S→D: the guest is the destination's. */
  record Commit(UUID uuid, int epoch) implements HandoverMessage {
    @Override
    public MessageType type() {
      return MessageType.COMMIT;
    }
  }

  /** D→S: the guest is owned and, unless it was paused, runs. */
  record Started(UUID uuid, int epoch) implements HandoverMessage {
    @Override
    public MessageType type() {
      return MessageType.STARTED;
    }
  }

  /** S→D: discard the guest unless it is yours already; answered by ANSWER. */
  record Abort(UUID uuid, int epoch) implements HandoverMessage {
    @Override
    public MessageType type() {
      return MessageType.ABORT;
    }
  }

  /** Either way: answered by ANSWER. */
  record Query(UUID uuid, int epoch) implements HandoverMessage {
    @Override
    public MessageType type() {
      return MessageType.QUERY;
    }
  }

  /** Either way. */
  record Answer(UUID uuid, int epoch, PeerState state) implements HandoverMessage {
    @Override
    public MessageType type() {
      return MessageType.ANSWER;
    }
  }

  /** The payload on the wire. */
  default byte[] encode() {
    PayloadWriter out = new PayloadWriter().uuid(uuid()).u32(epoch());
    switch (this) {
      case Final m -> out.digest(m.digest()).bool(m.running());
      case Ready m -> out.digest(m.digest());
      case Answer m -> out.u8(m.state().number());
      case Commit m -> {}
      case Started m -> {}
      case Abort m -> {}
      case Query m -> {}
    }
    return out.done();
  }

  /** Whether a message of this type is one of the handover's. */
  static boolean carries(MessageType type) {
    return MessageType.handover(type.number());
  }

  /** Takes a payload apart. */
  static HandoverMessage decode(MessageType type, PayloadReader in)
      throws MigrationStreamException {
    UUID uuid = in.uuid();
    int epoch = in.u32("epoch");
    if (epoch < 0) {
      throw in.bad("epoch is negative");
    }
    HandoverMessage message =
        switch (type) {
          case FINAL -> new Final(uuid, epoch, in.digest("digest"), in.bool("running"));
          case READY -> new Ready(uuid, epoch, in.digest("digest"));
          case COMMIT -> new Commit(uuid, epoch);
          case STARTED -> new Started(uuid, epoch);
          case ABORT -> new Abort(uuid, epoch);
          case QUERY -> new Query(uuid, epoch);
          case ANSWER -> new Answer(uuid, epoch, PeerState.of(in.u8("state")));
          default -> throw new MigrationStreamException(type + " does not belong here");
        };
    in.end();
    return message;
  }
}
