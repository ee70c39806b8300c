package aerostat.vmm.migration.snapshot;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.migration.snapshot.SnapshotHeader.Place;
import aerostat.vmm.migration.snapshot.SnapshotHeader.Section;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes one snapshot beside its final name, and takes the name when all of it is there: a snapshot
 * that failed leaves nothing, and never harms an older one. For one thread.
 */
public final class SnapshotWriter implements AutoCloseable {
  /** What the file is made of besides RAM. */
  public record Parts(byte[] setup, byte[] image, byte[] state, List<PageOwners.Run> owners) {}

  private static final int CHUNK_PAGES = 256;
  private static final int PAGE = GuestMemory.PAGE_SIZE;

  private final Path path;
  private final Path draft;
  private final FileChannel channel;
  private final GuestMemory memory;
  private final @Nullable ParentLink parent;
  private final UUID uuid = UUID.randomUUID();
  private final PageBitmap data;
  private final PageBitmap zeros;
  private final int[] sums;

  /** Pages are copied first, so that checksum and file agree whatever the guest writes. */
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_PAGES * PAGE);

  private final MemorySegment copies = MemorySegment.ofBuffer(chunk);
  private long dataPages;
  private long zeroPages;
  private boolean done;

  /**
   * Begins a file.
   *
   * @param parent what a diff builds on; null: every page is saved
   * @throws IOException if it cannot be written, or something else lies there
   */
  public SnapshotWriter(Path path, GuestMemory memory, @Nullable ParentLink parent)
      throws IOException {
    this.path = path.toAbsolutePath();
    this.memory = memory;
    this.parent = parent;
    if (Files.exists(path)) {
      if (!SnapshotFile.looksLikeOne(path)) {
        throw new SnapshotException(path + " exists and is no snapshot");
      }
      if (parent != null && Files.isSameFile(path, parent.resolve(path))) {
        throw new SnapshotException("a diff cannot replace its parent " + path);
      }
    }
    draft = this.path.resolveSibling(this.path.getFileName() + "." + uuid + ".part");
    channel =
        FileChannel.open(
            draft,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE);
    data = new PageBitmap(memory.pages());
    zeros = new PageBitmap(memory.pages());
    sums = new int[Math.toIntExact(memory.pages())];
  }

  /** The snapshot's own name, by which diffs refer to it. */
  public UUID uuid() {
    return uuid;
  }

  /** Pages written so far, one counted each time. */
  public long dataPages() {
    return dataPages;
  }

  /** Zero pages found so far. */
  public long zeroPages() {
    return zeroPages;
  }

  /** Writes pages [from, to) as they are now; each may be written again. */
  public void pages(long from, long to) throws IOException {
    for (long page = from; page < to; page += CHUNK_PAGES) {
      chunk(page, (int) Math.min(CHUNK_PAGES, to - page));
    }
  }

  private void chunk(long first, int count) throws IOException {
    MemorySegment.copy(memory.segment(), first * PAGE, copies, 0, (long) count * PAGE);
    int at = 0;
    while (at < count) {
      boolean skip = zero(at) && !data.get(first + at);
      int end = at + 1;
      while (end < count && (zero(end) && !data.get(first + end)) == skip) {
        end++;
      }
      if (skip) {
        zeroPages += end - at;
        if (parent != null) {
          zeros.setRange(first + at, first + end);
        }
      } else {
        put(first, at, end);
      }
      at = end;
    }
  }

  private boolean zero(int index) {
    return copies.asSlice((long) index * PAGE, PAGE).mismatch(ZERO_PAGE) < 0;
  }

  private static final MemorySegment ZERO_PAGE = MemorySegment.ofArray(new byte[PAGE]);

  private void put(long first, int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      CRC32C crc = new CRC32C();
      crc.update(chunk.slice(i * PAGE, PAGE));
      sums[(int) (first + i)] = (int) crc.getValue();
    }
    write(
        chunk.slice(from * PAGE, (to - from) * PAGE),
        SnapshotHeader.RAM_OFFSET + (first + from) * PAGE);
    data.setRange(first + from, first + to);
    zeros.clearRange(first + from, first + to);
    dataPages += to - from;
  }

  /** Writes everything else, and gives the file its name. */
  public void finish(Parts parts, boolean running) throws IOException {
    PageIndex index = PageIndex.of(data, zeros);
    Map<Section, byte[]> contents = new EnumMap<>(Section.class);
    contents.put(Section.SETUP, parts.setup());
    contents.put(Section.IMAGE, parts.image());
    contents.put(Section.STATE, parts.state());
    contents.put(Section.OWNERS, owners(parts.owners()));
    contents.put(Section.INDEX, index.encode());
    contents.put(Section.SUMS, sums(index));
    contents.put(Section.PARENT, parent == null ? new byte[0] : parent.encode());
    Map<Section, Place> places = new EnumMap<>(Section.class);
    long offset = SnapshotHeader.RAM_OFFSET + memory.size();
    for (Section section : Section.values()) {
      byte[] bytes = contents.getOrDefault(section, new byte[0]);
      if (bytes.length > section.most()) {
        throw new SnapshotException(section + " of " + bytes.length + " bytes is too long");
      }
      write(ByteBuffer.wrap(bytes), offset);
      CRC32C crc = new CRC32C();
      crc.update(bytes);
      places.put(section, new Place(offset, bytes.length, (int) crc.getValue()));
      offset += bytes.length;
    }
    SnapshotHeader header =
        new SnapshotHeader(uuid, running, parent != null, memory.size(), offset, places);
    write(header.encode(), 0);
    channel.force(true);
    channel.close();
    Files.move(draft, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    done = true;
  }

  private byte[] sums(PageIndex index) {
    ByteBuffer out =
        ByteBuffer.allocate(Math.toIntExact(index.dataPages() * 4)).order(ByteOrder.LITTLE_ENDIAN);
    for (PageIndex.Run run : index.runs()) {
      for (long page = run.first(); !run.zero() && page < run.end(); page++) {
        out.putInt(sums[(int) page]);
      }
    }
    return out.array();
  }

  private static byte[] owners(List<PageOwners.Run> runs) {
    ByteBuffer out = ByteBuffer.allocate(runs.size() * 16).order(ByteOrder.LITTLE_ENDIAN);
    runs.forEach(run -> out.putLong(run.firstPage()).putLong(run.pages() << 8 | run.owner()));
    return out.array();
  }

  private void write(ByteBuffer from, long at) throws IOException {
    long position = at;
    while (from.hasRemaining()) {
      position += channel.write(from, position);
    }
  }

  /** A file that was not finished is removed. */
  @Override
  public void close() throws IOException {
    if (!done) {
      done = true;
      channel.close();
      Files.deleteIfExists(draft);
    }
  }
}
