package aerostat.mmio.state;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The one small segment that holds all vCPU and device state. Components take a named slice when
 * the machine is built, keep their state <em>in</em> it (no shadow fields), and learn of a restore.
 * So migration, snapshot and reset are the same copy.
 *
 * <p>Saved form: the layout digest (8 bytes, little-endian), then the sealed bytes. Building,
 * sealing, saving and restoring are for one thread at a time, with the machine stopped.
 */
public final class FlatState {
  /** Room for all slices together, in bytes. */
  public static final int CAPACITY = 64 << 10;

  private static final int ALIGNMENT = 8;
  private static final int DIGEST_BYTES = Long.BYTES;
  private static final long FNV_OFFSET = 0xcbf2_9ce4_8422_2325L;
  private static final long FNV_PRIME = 0x100_0000_01b3L;

  private record Slice(String name, int version, int bytes, Runnable restored) {}

  private final MemorySegment room = Arena.ofAuto().allocate(CAPACITY, ALIGNMENT);
  private final List<Slice> slices = new ArrayList<>();
  private int used;
  private boolean sealed;

  /**
   * Takes the next slice (8-aligned, zeroed, off-heap).
   *
   * @param name unique, part of the layout digest
   * @param version of this component's layout
   * @param bytes size, at least 0; rounded up to whole 8 bytes
   * @param restored run after another state was copied in, to rebuild derived host state; may throw
   *     {@link StateRefusedException} on a state it cannot accept
   * @throws IllegalStateException once sealed, for a name taken, or when {@link #CAPACITY} is spent
   */
  public MemorySegment slice(String name, int version, int bytes, Runnable restored) {
    if (sealed) {
      throw new IllegalStateException("slice " + name + " comes after the seal");
    }
    if (slices.stream().anyMatch(s -> s.name().equals(name))) {
      throw new IllegalStateException("slice " + name + " is taken");
    }
    if (bytes < 0 || bytes > CAPACITY - used) {
      throw new IllegalStateException(
          "slice " + name + " of " + bytes + " bytes; free are " + (CAPACITY - used));
    }
    MemorySegment slice = room.asSlice(used, bytes);
    slices.add(new Slice(name, version, bytes, restored));
    used += (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    return slice;
  }

  /** No more slices; returns the exact number of bytes used. */
  public int seal() {
    sealed = true;
    return used;
  }

  /** The sealed bytes. */
  public MemorySegment segment() {
    requireSealed();
    return room.asSlice(0, used);
  }

  /**
   * A digest over names, versions and sizes of the slices in order. Two machines of one layout
   * agree on it, in any process.
   */
  public long layoutDigest() {
    requireSealed();
    long digest = FNV_OFFSET;
    for (Slice slice : slices) {
      byte[] text =
          (slice.name() + '\0' + slice.version() + '\0' + slice.bytes() + '\0')
              .getBytes(StandardCharsets.UTF_8);
      for (byte b : text) {
        digest = (digest ^ (b & 0xff)) * FNV_PRIME;
      }
    }
    return digest;
  }

  /** A copy of the whole state, for {@link #restore} of a machine of the same layout. */
  public byte[] save() {
    byte[] saved = new byte[DIGEST_BYTES + seal()];
    ByteBuffer.wrap(saved).order(ByteOrder.LITTLE_ENDIAN).putLong(layoutDigest());
    MemorySegment.copy(room, JAVA_BYTE, 0, saved, DIGEST_BYTES, used);
    return saved;
  }

  /**
   * Takes a saved state, then tells each component in slice order. All or nothing: if the layout
   * differs or a component refuses, the old state stands again and the components rebuilt theirs
   * from it.
   *
   * @throws StateRefusedException with the reason
   */
  public void restore(byte[] saved) {
    requireSealed();
    if (saved.length != DIGEST_BYTES + used) {
      throw new StateRefusedException(
          "state of " + saved.length + " bytes; this machine's has " + (DIGEST_BYTES + used));
    }
    long digest = ByteBuffer.wrap(saved).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (digest != layoutDigest()) {
      throw new StateRefusedException(
          "state of layout %016x; this machine's is %016x".formatted(digest, layoutDigest()));
    }
    byte[] before = segment().toArray(JAVA_BYTE);
    MemorySegment.copy(saved, DIGEST_BYTES, room, JAVA_BYTE, 0, used);
    for (int i = 0; i < slices.size(); i++) {
      try {
        slices.get(i).restored().run();
      } catch (RuntimeException refusal) {
        MemorySegment.copy(before, 0, room, JAVA_BYTE, 0, used);
        for (int j = 0; j <= i; j++) {
          slices.get(j).restored().run();
        }
        throw refusal instanceof StateRefusedException
            ? refusal
            : new StateRefusedException(
                "slice " + slices.get(i).name() + " cannot take the state: " + refusal, refusal);
      }
    }
  }

  /**
   * Goes back to bytes that {@link #segment} held at some time: a restore without the checks of
   * layout, and without a way back. For a snapshot of this very machine.
   */
  public void rewind(MemorySegment saved) {
    MemorySegment.copy(saved, 0, room, 0, used);
    for (int i = 0; i < slices.size(); i++) {
      slices.get(i).restored().run();
    }
  }

  private void requireSealed() {
    if (!sealed) {
      throw new IllegalStateException("the state is not sealed yet");
    }
  }
}
