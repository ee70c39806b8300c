package aerostat.guest.balloon;

import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainMachine;
import aerostat.guest.virtio.ModelDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The device side of GET_FREE_PAGES: holds the request buffer, asks, and keeps the replies. */
final class BitmapModel {
  /**
   * A reply.
   *
   * @param first page frame of the first bit
   * @param id request id, 0 without
   * @param last flag, true without request ids
   */
  record Reply(int pieces, long length, byte[] bits, long first, long id, boolean last) {
    boolean isSet(long pfn) {
      long i = pfn - first;
      return i >= 0 && i < length * 8 && (bits[(int) (i >> 3)] >> (i & 7) & 1) != 0;
    }

    int count() {
      int n = 0;
      for (byte b : bits) {
        n += Integer.bitCount(b & 0xff);
      }
      return n;
    }
  }

  static final int GET_FREE_PAGES = 3;
  static final int REQUEST_ID = 51;
  static final int DROP_LOCK = 52;
  static final int PAGE_BITMAP = 53;
  static final int INFLATE_DEFLATE = 54;

  final ModelBalloon balloon;
  final List<Reply> replies = new ArrayList<>();

  /** Runs while the device has a reply and has not given it back. */
  Runnable onReply = () -> {};

  int lastReplyHead;

  /** Replies are kept and not given back. */
  boolean keepReplies;

  private final boolean extended;
  private final int queue;
  private int requestHead = -1;
  private long requestAt;

  BitmapModel(long features, int queue) {
    extended = (features & 1L << REQUEST_ID) != 0;
    this.queue = queue;
    boolean pages = (features & 1L << PAGE_BITMAP) != 0;
    int inOneGo = (features & 1L << INFLATE_DEFLATE) != 0 ? 4 : -1;
    balloon = new ModelBalloon(features, queue == 3 ? 2 : -1, queue, inOneGo, 64, 128);
    var serve = balloon.device.onNotify;
    balloon.device.onNotify =
        q -> {
          if (q == queue) {
            take();
          } else if (pages && (q < 2 || q == inOneGo)) {
            takePages(q);
          } else {
            serve.accept(q);
          }
        };
  }

  /** Page frames of each bitmap, by queue: 0 inflate, 1 deflate, 4 in one go. */
  final Map<Integer, List<Set<Long>>> pages = new TreeMap<>();

  private void takePages(int q) {
    for (ModelDevice.Buffer b = balloon.device.pop(q); b != null; b = balloon.device.pop(q)) {
      ModelDevice.Piece p = b.pieces().getFirst();
      long first = Memory.load64(p.address());
      long length = Memory.load64(p.address() + 8);
      if (p.writable() || first % 64 != 0 || length % 8 != 0 || p.length() != 16 + length) {
        throw new AssertionError("bad page bitmap " + p + " " + first + " " + length);
      }
      Set<Long> set = new TreeSet<>();
      for (long i = 0; i < length * 8; i++) {
        if ((Memory.load8(p.address() + 16 + (i >> 3)) >> (i & 7) & 1) != 0) {
          set.add(first + i);
        }
      }
      pages.computeIfAbsent(q, k -> new ArrayList<>()).add(set);
      balloon.device.push(q, b.head(), 0);
    }
  }

  /** All page frames that came on a queue. */
  Set<Long> allPages(int q) {
    Set<Long> all = new TreeSet<>();
    pages.getOrDefault(q, List.of()).forEach(all::addAll);
    return all;
  }

  boolean hasRequest() {
    return requestHead >= 0;
  }

  /** Bytes of the request buffer. */
  int requestBytes;

  void take() {
    for (ModelDevice.Buffer b = balloon.device.pop(queue);
        b != null;
        b = balloon.device.pop(queue)) {
      ModelDevice.Piece p = b.pieces().getFirst();
      if (p.writable()) {
        requestHead = b.head();
        requestAt = p.address();
        requestBytes = p.length();
      } else {
        replies.add(read(b));
        lastReplyHead = b.head();
        onReply.run();
        if (!keepReplies) {
          balloon.device.push(queue, b.head(), 0);
        }
      }
    }
  }

  private Reply read(ModelDevice.Buffer b) {
    long at = b.pieces().getFirst().address();
    long length = Memory.load64(at);
    byte[] bits = new byte[(int) length];
    if (b.pieces().size() > 1) {
      long from = b.pieces().get(1).address();
      for (int i = 0; i < bits.length; i++) {
        bits[i] = (byte) Memory.load8(from + i);
      }
    }
    return new Reply(
        b.pieces().size(),
        length,
        bits,
        extended ? Memory.load64(at + 16) : 0,
        extended ? Memory.load64(at + 8) : 0,
        !extended || Memory.load64(at + 24) == 1);
  }

  /** Sends a request with this used length; see {@link #ask(long, long, long)}. */
  void ask(long drop, int usedLength) {
    Memory.store64(requestAt, drop);
    int head = requestHead;
    requestHead = -1;
    balloon.device.push(queue, head, usedLength);
    PlainMachine.safepoint();
  }

  /** Sends a request with an id. */
  void ask(long drop, long id, long chunk) {
    Memory.store64(requestAt + 8, id);
    Memory.store64(requestAt + 16, chunk);
    Memory.store64(requestAt + 24, 0);
    ask(drop, 32);
  }
}
