package aerostat.vmm.migration.snapshot;

import aerostat.mmio.memory.GuestMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The manifest of a snapshot: the first 4 KiB of its file. Little-endian.
 *
 * <table>
 * <caption>Layout</caption>
 * <tr><td>0</td><td>u64</td><td>magic "AEROSNAP"</td></tr>
 * <tr><td>8</td><td>u32</td><td>version, 1</td></tr>
 * <tr><td>12</td><td>u32</td><td>flags: 1 the guest ran, 2 a diff</td></tr>
 * <tr><td>16</td><td>2 × u64</td><td>uuid of the snapshot</td></tr>
 * <tr><td>32</td><td>u64</td><td>bytes of guest RAM</td></tr>
 * <tr><td>40</td><td>u64</td><td>bytes of the file</td></tr>
 * <tr><td>48</td><td>n × (u64, u32, u32)</td><td>a section: offset, bytes, CRC32C</td></tr>
 * <tr><td>4092</td><td>u32</td><td>CRC32C of bytes 0…4091</td></tr>
 * </table>
 *
 * <p>Page p of RAM is at {@link #RAM_OFFSET} + 4096 p; the sections follow RAM.
 *
 * @param running whether the guest ran when it was saved
 * @param diff whether pages that are not listed are the parent's, and not zero
 */
public record SnapshotHeader(
    UUID uuid,
    boolean running,
    boolean diff,
    long memoryBytes,
    long fileBytes,
    Map<Section, Place> sections) {
  /** What a file holds besides RAM, in this order, with the most bytes each may have. */
  public enum Section {
    /** The machine, as a migration's first message tells it. */
    SETUP(16 << 10),
    IMAGE(64 << 20),
    /** The flat state of vCPU and devices. */
    STATE(4 << 20),
    /** Runs of pages that are not the guest's: first u64, pages u64 « 8 | owner. */
    OWNERS(64 << 20),
    /** {@link PageIndex}. */
    INDEX(256 << 20),
    /** CRC32C u32 of each page that the index says is in the file, in its order. */
    SUMS(256 << 20),
    /** {@link ParentLink}, of a diff. */
    PARENT(8 << 10);

    private final int most;

    Section(int most) {
      this.most = most;
    }

    /** Largest length in bytes. */
    public int most() {
      return most;
    }
  }

  /** Where a section lies. */
  public record Place(long offset, int length, int crc) {}

  /** Offset of page 0; host pages and huge pages are aligned in it. */
  public static final long RAM_OFFSET = 2 << 20;

  static final int BYTES = 4096;
  private static final long MAGIC = 0x50414e534f524541L;
  private static final int VERSION = 1;
  private static final int RUNNING = 1;
  private static final int DIFF = 2;
  private static final int PLACES_AT = 48;
  private static final int CRC_AT = BYTES - 4;
  private static final long MAX_MEMORY = 256L << 30;

  public SnapshotHeader {
    sections = Map.copyOf(sections);
  }

  /** Pages of guest RAM. */
  public long pages() {
    return memoryBytes >>> GuestMemory.PAGE_SHIFT;
  }

  Place place(Section section) {
    return sections.getOrDefault(section, new Place(0, 0, 0));
  }

  ByteBuffer encode() {
    ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(MAGIC).putInt(VERSION).putInt((running ? RUNNING : 0) | (diff ? DIFF : 0));
    out.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
    out.putLong(memoryBytes).putLong(fileBytes);
    for (Section section : Section.values()) {
      Place place = place(section);
      out.putLong(place.offset()).putInt(place.length()).putInt(place.crc());
    }
    return out.putInt(CRC_AT, crc(out)).rewind();
  }

  /**
   * Takes the first 4 KiB of a file apart; every number is checked against the file's length.
   *
   * @param found bytes that the file has
   */
  static SnapshotHeader decode(ByteBuffer in, long found) throws SnapshotException {
    in.order(ByteOrder.LITTLE_ENDIAN).rewind();
    check(in.getLong() == MAGIC, "it is no snapshot of Aerostat");
    check(in.getInt(CRC_AT) == crc(in), "the manifest's checksum is wrong");
    int version = in.getInt();
    check(version == VERSION, "its version is " + version + ", this build reads " + VERSION);
    int flags = in.getInt();
    check((flags & ~(RUNNING | DIFF)) == 0, "unknown flags " + flags);
    UUID uuid = new UUID(in.getLong(), in.getLong());
    long memory = in.getLong();
    check(
        memory > 0 && memory <= MAX_MEMORY && memory % GuestMemory.PAGE_SIZE == 0,
        "memory of " + memory + " bytes");
    long length = in.getLong();
    check(
        length == found,
        "it has " + found + " bytes, its manifest says " + length + ": it was cut or overwritten");
    check(length >= RAM_OFFSET + memory, "no room for the memory in " + length + " bytes");
    Map<Section, Place> sections = new EnumMap<>(Section.class);
    check(in.position() == PLACES_AT, "its manifest is not laid out so");
    for (Section section : Section.values()) {
      Place place = new Place(in.getLong(), in.getInt(), in.getInt());
      check(
          place.length() >= 0 && place.length() <= section.most(),
          section + " of " + Integer.toUnsignedString(place.length()) + " bytes");
      check(
          place.length() == 0
              || (place.offset() >= RAM_OFFSET + memory
                  && place.offset() <= length - place.length()),
          section + " lies outside the file");
      sections.put(section, place);
    }
    return new SnapshotHeader(
        uuid, (flags & RUNNING) != 0, (flags & DIFF) != 0, memory, length, sections);
  }

  private static void check(boolean holds, String otherwise) throws SnapshotException {
    if (!holds) {
      throw new SnapshotException(otherwise);
    }
  }

  private static int crc(ByteBuffer header) {
    CRC32C crc = new CRC32C();
    crc.update(header.duplicate().clear().limit(CRC_AT));
    return (int) crc.getValue();
  }
}
