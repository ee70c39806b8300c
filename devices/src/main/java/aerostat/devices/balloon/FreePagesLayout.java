package aerostat.devices.balloon;

/**
 * The wire of GET_FREE_PAGES, the generation of 2016 (C.1, BITMAP-*), and of what its reviewers
 * asked for, which was never built and is ours here. All numbers are little-endian, u64 each. It
 * runs on queue slot 3, feature bit 3.
 *
 * <p><b>Request</b>, device to driver: one writable buffer that the driver posts at setup and again
 * with each reply (BITMAP-02, BITMAP-06). The device fills it and returns it with its length.
 *
 * <p><b>Reply</b>, driver to device: a readable header and a readable bitmap, cut into descriptors
 * as the driver likes. Bit {@code i & 7} of byte {@code i >> 3} is page frame {@code first pfn + i}
 * (guest-physical address >> 12); set means free. A bitmap of length 0 means that the driver had no
 * memory for one.
 *
 * <p>Plain: request {@link #DROP}; reply header {@link #LENGTH}; first pfn 0; one reply a request.
 *
 * <p>With {@link #F_REQUEST_ID}: the request has all four fields of {@link #EXTENDED_REQUEST_BYTES}
 * and the reply header all four of {@link #EXTENDED_HEADER_BYTES}; a request is answered by one or
 * more replies in rising order, none with a bitmap longer than {@link #CHUNK}, each echoing the id,
 * the last with {@link #FLAG_LAST}. Unless {@link #F_DROP_LOCK} was agreed as well, the driver
 * keeps the zone's lock from before it builds a reply until the device has used it, so that the
 * pages are still free when the host acts.
 *
 * <p>With {@link #F_PAGE_BITMAP} the elements of the inflate and deflate queues are a header of two
 * numbers, {@link #PAGES_FIRST} and {@link #PAGES_LENGTH}, and a bitmap, in place of an array of
 * page numbers. With {@link #F_INFLATE_DEFLATE} there is a queue more, slot 5, whose elements have
 * that format: each page is inflated and deflated in one go.
 */
public final class FreePagesLayout {
  /** Bit 3, as FREE_PAGE_HINT has it today: one of the two can be offered. */
  public static final long F_GET_FREE_PAGES = 1L << 3;

  /** Ours: request ids and chunks. */
  public static final long F_REQUEST_ID = 1L << 51;

  /** Ours: with REQUEST_ID, the driver may release the zone's lock before the host has the list. */
  public static final long F_DROP_LOCK = 1L << 52;

  /** Ours: bitmaps on the inflate and deflate queues. */
  public static final long F_PAGE_BITMAP = 1L << 53;

  /** Ours: a queue that inflates and deflates in one go; needs PAGE_BITMAP. */
  public static final long F_INFLATE_DEFLATE = 1L << 54;

  /** Queue slot of INFLATE_DEFLATE, after the specification's five. */
  public static final int VQ_INFLATE_DEFLATE = 5;

  // Request, device to driver.
  /** Bit 0: drop the page cache first, bit 1: drop slab. */
  public static final int DROP = 0;

  public static final int PLAIN_REQUEST_BYTES = 8;
  public static final int ID = 8;

  /** Most bytes of a bitmap in one reply, a multiple of 8; 0 = all in one. */
  public static final int CHUNK = 16;

  /** Reserved, 0. */
  public static final int REQUEST_FLAGS = 24;

  public static final int EXTENDED_REQUEST_BYTES = 32;

  // Reply header, driver to device.
  /** Bytes of the bitmap that follows, a multiple of 8. */
  public static final int LENGTH = 0;

  public static final int PLAIN_HEADER_BYTES = 8;

  /** Of the request that this answers. */
  public static final int REPLY_ID = 8;

  /** Page frame of the bitmap's first bit, a multiple of 64. */
  public static final int FIRST_PFN = 16;

  public static final int REPLY_FLAGS = 24;
  public static final int EXTENDED_HEADER_BYTES = 32;

  /** The last reply to its request. */
  public static final long FLAG_LAST = 1;

  // Header of a page bitmap on the inflate, deflate and inflate-deflate queues.
  /** Page frame of the first bit, a multiple of 64. */
  public static final int PAGES_FIRST = 0;

  /** Bytes of the bitmap, a multiple of 8. */
  public static final int PAGES_LENGTH = 8;

  public static final int PAGES_HEADER_BYTES = 16;

  private FreePagesLayout() {}
}
