package aerostat.vmm.migration.wire;

/**
 * Every message of the protocol. Number 0 is reserved, so a stream of zeros is never a message.
 *
 * <p>A message is a {@link WireHeader}, a structured payload (always with a CRC32C) and raw data.
 * The limits bound what a hostile peer can make the reader allocate or wait for.
 */
public enum MessageType {
  /** S→D: what the guest is; see {@code guest.SetupMessage}. */
  SETUP(1, 16 << 10, 0),
  /** S→D: a part of the image; payload: offset; data: the bytes, with checksum. */
  IMAGE(2, 8, 1 << 20),
  /** D→S: the machine is built and equals the source's; pages may come. */
  ACCEPT(3, 16, 0),
  /** Either way: no, with the reason. */
  REFUSE(4, 4 << 10, 0),
  /** S→D: runs of pages; payload: (first page, count)…; data: the pages. */
  PAGES(5, WireLimits.MAX_RUNS * 12, WireLimits.MAX_DATA_PAGES * 4096),
  /** S→D: ranges of pages that are zero; payload: (first page, count)…. */
  ZERO(6, WireLimits.MAX_RANGES * 12, 0),
  /** S→D: the numbered barrier at the end of a round. */
  ROUND(7, 32, 0),
  /** S→D, paused: the flat state; data: its bytes, with checksum. */
  STATE(8, 16, WireLimits.MAX_STATE_BYTES),
  /** S→D, paused: runs of pages that are not the guest's; payload: (first, count, owner)…. */
  OWNERS(9, WireLimits.MAX_RANGES * 16, 0),
  /** S→D, paused, on request: checksums of pages, see {@code pages.PageVerifier}. */
  VERIFY(10, 16 + WireLimits.VERIFY_PAGES / 8, WireLimits.VERIFY_PAGES * 4),
  /** S→D: all was sent; see {@link HandoverMessage.Final}. */
  FINAL(11, 256, 0),
  /** D→S: the guest is built, paused, and waits for COMMIT. */
  READY(12, 64, 0),
  /** S→D: the guest is yours. */
  COMMIT(13, 32, 0),
  /** D→S: the guest runs. */
  STARTED(14, 64, 0),
  /** S→D: forget the guest, if you do not own it. */
  ABORT(15, 32, 0),
  /** Either way: what are you to this guest? */
  QUERY(16, 32, 0),
  /** Either way: the answer to QUERY, see {@link PeerState}. */
  ANSWER(17, 32, 0),
  /** S→D: this connection is a channel for pages of a migration under way; uuid, number. */
  CHANNEL(18, 32, 0),
  /** D→S, before STARTED: how long the destination took, see {@link ArrivalTimes}. */
  TIMES(19, 64, 0),
  /** S→D, paused: ranges of pages that come after the guest; payload: (first page, count)…. */
  MISSING(20, WireLimits.MAX_RANGES * 12, 0),
  /** S→D: this connection brings the pages that are missing; uuid. */
  POSTCOPY(21, 32, 0),
  /** D→S: ranges of pages to send, the first ones waited for; payload: (first page, count)…. */
  WANT(22, WireLimits.MAX_RANGES * 12, 0),
  /** D→S: every page is there. */
  COMPLETE(23, 16, 0),
  /** S→D, paused: the free set, see {@code pages.FreeSet}; payload: fill, (first page, count)…. */
  FREE(24, 4 + WireLimits.MAX_RANGES * 12, 0),
  /** S→D, before the pause: is all of this round in place? D→S: it is. */
  ARRIVED(25, 16, 0);

  private static final MessageType[] BY_NUMBER = new MessageType[values().length + 1];

  static {
    for (MessageType type : values()) {
      BY_NUMBER[type.number] = type;
    }
  }

  private final int number;
  private final int maxPayload;
  private final int maxData;

  MessageType(int number, int maxPayload, int maxData) {
    this.number = number;
    this.maxPayload = maxPayload;
    this.maxData = maxData;
  }

  /** Whether a message with this number is one of the handover's: FINAL to ANSWER. */
  public static boolean handover(int number) {
    return number >= FINAL.number && number <= ANSWER.number;
  }

  /** The number on the wire, 1…255. */
  public int number() {
    return number;
  }

  /** Largest structured payload, bytes. */
  public int maxPayload() {
    return maxPayload;
  }

  /** Largest raw data, bytes. */
  public int maxData() {
    return maxData;
  }

  /** The type with this number; a {@link MigrationStreamException} for any other. */
  public static MessageType of(int number) throws MigrationStreamException {
    if (number <= 0 || number >= BY_NUMBER.length) {
      throw new MigrationStreamException("unknown message type " + number);
    }
    return BY_NUMBER[number];
  }
}
