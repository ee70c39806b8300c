package aerostat.mmio.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * RAM that begins as a file's content (a snapshot) and never changes the file. Dropping a page here
 * would bring the file's old bytes back, so a discard maps anonymous memory over the range; where
 * that has happened before, dropping is right again.
 *
 * <p>Each such replacement may cut a mapping in three, and the host limits mappings a process. The
 * number is therefore kept under {@link #MAX_MAPPINGS}; beyond it pages are zeroed in place.
 */
final class PrivateFileRam extends MappedRam {
  /** A quarter of Linux's default limit of 65530 a process, which the JVM needs some of. */
  static final int MAX_MAPPINGS = 16_384;

  /** Parts of other files over the first one. */
  static final int MAX_LAYERS = MAX_MAPPINGS / 4;

  /** At the limit, how many discards pass until the mappings are counted again: 10 ms each. */
  private static final int RECOUNT_EACH = 256;

  /** Host pages that are anonymous memory by now. */
  private final PageBitmap replaced;

  private final int maxMappings;

  /** An upper bound of the mappings there are; the kernel merges neighbours, so often fewer. */
  private int mappingsAtMost = 1;

  private int discardsToRecount;

  PrivateFileRam(Path path, long fileOffset, long size) {
    this(path, fileOffset, size, MAX_MAPPINGS);
  }

  PrivateFileRam(Path path, long fileOffset, long size, int maxMappings) {
    super("private file", map(path, fileOffset, size));
    this.maxMappings = maxMappings;
    replaced = new PageBitmap(size / hostPageSize());
  }

  PrivateFileRam(Path path, long fileOffset, long size, List<FileLayer> layers) {
    this(path, fileOffset, size, MAX_MAPPINGS);
    try {
      layers.stream().map(FileLayer::file).distinct().forEach(file -> lay(file, layers));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** All layers of one file: one descriptor serves them. */
  private void lay(Path file, List<FileLayer> layers) {
    if (layers.size() > MAX_LAYERS) {
      throw new IllegalArgumentException(layers.size() + " layers, at most " + MAX_LAYERS);
    }
    int fd = open(file, 0, 0);
    mapping.keep(fd);
    for (FileLayer layer : layers) {
      if (!layer.file().equals(file)) {
        continue;
      }
      checkInside(file, layer.fileOffset(), layer.length());
      long offset = layer.offset();
      if (offset < 0 || layer.length() <= 0 || offset > mapping.size() - layer.length()) {
        throw new IllegalArgumentException("memory of " + mapping.size() + " bytes: " + layer);
      }
      int result = mapping.replaceByFile(offset, layer.length(), fd, layer.fileOffset());
      if (result < 0) {
        throw new HostMemoryException("cannot map " + layer, -result);
      }
      mappingsAtMost += 2;
    }
  }

  private static HostMapping map(Path path, long fileOffset, long size) {
    return HostMapping.create(size, Libc.MAP_PRIVATE, open(path, fileOffset, size), fileOffset);
  }

  private static void checkInside(Path path, long fileOffset, long size) {
    try {
      long found = Files.size(path);
      if (fileOffset < 0 || found < size || fileOffset > found - size) {
        throw new IllegalArgumentException(
            path + " has " + found + " bytes, needed " + size + " from offset " + fileOffset);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }

  private static int open(Path path, long fileOffset, long size) {
    checkInside(path, fileOffset, size);
    int fd = Libc.open(path.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
    if (fd < 0) {
      throw new HostMemoryException("cannot open " + path, -fd);
    }
    // Advisory: who means to change the file can see that guests live on it.
    Libc.lockShared(fd);
    return fd;
  }

  @Override
  public synchronized void discard(long offset, long length) {
    long from = offset / hostPageSize();
    long to = (offset + length) / hostPageSize();
    if (replaced.nextClear(from) >= to) {
      discarded(mapping.dontNeed(offset, length), offset, length);
      return;
    }
    if (!roomForTwoMappings()) {
      zeroInstead(offset, length, "the limit of " + maxMappings + " mappings");
      return;
    }
    if (discarded(mapping.replaceByAnonymous(offset, length), offset, length)) {
      mappingsAtMost += 2;
      replaced.setRange(from, to);
    }
  }

  private boolean roomForTwoMappings() {
    if (mappingsAtMost + 2 <= maxMappings) {
      return true;
    }
    if (discardsToRecount > 0) {
      discardsToRecount--;
      return false;
    }
    mappingsAtMost = ProcessMaps.count(mapping.segment().address(), mapping.size());
    if (mappingsAtMost + 2 <= maxMappings) {
      return true;
    }
    discardsToRecount = RECOUNT_EACH;
    return false;
  }
}
