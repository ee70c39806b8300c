package aerostat.vmm.migration.snapshot;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.snapshot.SnapshotHeader.Place;
import aerostat.vmm.migration.snapshot.SnapshotHeader.Section;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One snapshot file, open for reading. Its manifest was checked when it was opened; each section's
 * checksum and each of its values are checked when it is taken.
 */
public final class SnapshotFile implements AutoCloseable {
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final int OWNER_ENTRY = 16;

  private final Path path;
  private final FileChannel channel;
  private final SnapshotHeader header;
  private final SetupMessage setup;
  private final PageIndex index;
  private final @Nullable ParentLink parent;

  private SnapshotFile(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    ByteBuffer head = ByteBuffer.allocate(SnapshotHeader.BYTES);
    if (channel.size() < SnapshotHeader.BYTES) {
      throw new SnapshotException("it is no snapshot of Aerostat");
    }
    fill(head, 0);
    header = SnapshotHeader.decode(head, channel.size());
    setup = SetupMessage.parse(section(Section.SETUP));
    if (setup.config().memoryBytes() != header.memoryBytes()) {
      throw new SnapshotException("the machine's memory is not that of the manifest");
    }
    if (setup.imageBytes() != header.place(Section.IMAGE).length()
        || setup.stateBytes() != header.place(Section.STATE).length()) {
      throw new SnapshotException("image or state is not as long as the machine says");
    }
    long firstPage = (setup.imageBytes() + PAGE - 1L) / PAGE;
    index = PageIndex.decode(section(Section.INDEX), firstPage, header.pages(), header.diff());
    if (index.dataPages() * 4 != header.place(Section.SUMS).length()) {
      throw new SnapshotException("the checksums are not as many as the pages");
    }
    parent = header.diff() ? ParentLink.decode(section(Section.PARENT)) : null;
  }

  /**
   * Opens a file and checks its manifest.
   *
   * @throws IOException with the path and what is wrong
   */
  public static SnapshotFile open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      // To open a pipe waits for a writer, whoever named it and with whatever lock.
      throw new SnapshotException(
          path + (Files.exists(path) ? ": it is no regular file" : ": no such file"));
    }
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new SnapshotFile(path, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw new SnapshotException(path + ": " + e.getMessage());
    }
  }

  /** Whether a file begins as a snapshot does; what is in it is not looked at. */
  static boolean looksLikeOne(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer head = ByteBuffer.allocate(SnapshotHeader.BYTES);
      while (head.hasRemaining() && channel.read(head) >= 0) {
        // Until the header is there.
      }
      if (head.hasRemaining()) {
        return false;
      }
      SnapshotHeader.decode(head, channel.size());
      return true;
    } catch (SnapshotException e) {
      return false;
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  public SnapshotHeader header() {
    return header;
  }

  /** What the machine is. */
  public SetupMessage setup() {
    return setup;
  }

  public PageIndex index() {
    return index;
  }

  /** What a diff builds on; null for a whole snapshot. */
  public @Nullable ParentLink parent() {
    return parent;
  }

  byte[] image() throws IOException {
    byte[] image = section(Section.IMAGE);
    if (!setup.isImage(image)) {
      throw new SnapshotException(path + ": the image's digest is not the machine's");
    }
    return image;
  }

  byte[] state() throws IOException {
    return section(Section.STATE);
  }

  List<PageOwners.Run> owners() throws IOException {
    ByteBuffer in = ByteBuffer.wrap(section(Section.OWNERS)).order(ByteOrder.LITTLE_ENDIAN);
    List<PageOwners.Run> runs = new ArrayList<>();
    long end = 0;
    while (in.remaining() >= OWNER_ENTRY) {
      long first = in.getLong();
      long packed = in.getLong();
      long pages = packed >>> 8;
      byte owner = (byte) packed;
      if (first < end
          || first >= header.pages()
          || pages == 0
          || pages > header.pages() - first
          || owner <= PageOwners.GUEST
          || owner > PageOwners.REPORTED) {
        throw new SnapshotException(
            path + ": " + pages + " pages of owner " + owner + " from " + first);
      }
      end = first + pages;
      runs.add(new PageOwners.Run(first, pages, owner));
    }
    if (in.hasRemaining()) {
      throw new SnapshotException(path + ": half an entry of owners");
    }
    return runs;
  }

  /** Reads pages into a buffer of whole pages. */
  void pages(long first, ByteBuffer into) throws IOException {
    fill(into, SnapshotHeader.RAM_OFFSET + first * PAGE);
  }

  /**
   * Checks the bytes of every page against its checksum; pages of a whole snapshot that it does not
   * list must be zero, for a restore maps them as well. And every section.
   *
   * @throws SnapshotException that names the first page that is wrong
   */
  public void verify() throws IOException {
    image();
    state();
    owners();
    ByteBuffer sums = ByteBuffer.wrap(section(Section.SUMS)).order(ByteOrder.LITTLE_ENDIAN);
    long from = 0;
    for (PageIndex.Run run : index.runs()) {
      zeros(from, run.first());
      if (!run.zero()) {
        sums(run, sums);
      }
      from = run.end();
    }
    zeros(from, header.pages());
  }

  private void sums(PageIndex.Run run, ByteBuffer sums) throws IOException {
    ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
    for (long at = run.first(); at < run.end(); at++) {
      pages(at, page.clear());
      CRC32C crc = new CRC32C();
      crc.update(page.flip());
      if ((int) crc.getValue() != sums.getInt()) {
        throw new SnapshotException(path + ": page " + at + " is damaged");
      }
    }
  }

  private void zeros(long from, long to) throws IOException {
    if (header.diff()) {
      return;
    }
    ByteBuffer chunk = ByteBuffer.allocateDirect(256 * PAGE);
    java.lang.foreign.MemorySegment seen = java.lang.foreign.MemorySegment.ofBuffer(chunk);
    for (long at = from; at < to; at += 256) {
      int count = (int) Math.min(256, to - at);
      pages(at, chunk.clear().limit(count * PAGE));
      java.lang.foreign.MemorySegment part = seen.asSlice(0, (long) count * PAGE);
      if (part.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0) != 0
          || part.asSlice(0, part.byteSize() - 1).mismatch(part.asSlice(1)) >= 0) {
        throw new SnapshotException(
            path + ": bytes in pages " + at + " to " + (at + count) + ", which must be zero");
      }
    }
  }

  private byte[] section(Section section) throws IOException {
    Place place = header.place(section);
    byte[] bytes = new byte[place.length()];
    fill(ByteBuffer.wrap(bytes), place.offset());
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    if ((int) crc.getValue() != place.crc()) {
      throw new SnapshotException("the checksum of " + section + " is wrong");
    }
    return bytes;
  }

  private void fill(ByteBuffer into, long at) throws IOException {
    long position = at;
    while (into.hasRemaining()) {
      int count = channel.read(into, position);
      if (count < 0) {
        throw new SnapshotException("it ends early");
      }
      position += count;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
