package aerostat.mmio.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * RAM in a file that other processes can map too: a path, or a nameless memory file. Dropping the
 * pages of such a mapping frees nothing, the file keeps them; so a discard punches a hole into the
 * file. (Mind that reading a hole of a memory file allocates its page again, unlike anonymous
 * memory.)
 */
final class SharedFileRam extends MappedRam {
  private static final int NEW_FILE_MODE = 0600;

  private SharedFileRam(int fd, long size) {
    super("shared file", HostMapping.create(size, Libc.MAP_SHARED, fd, 0));
  }

  /** A nameless memory file; {@code name} shows in the process's maps. */
  static SharedFileRam memoryFile(String name, long size) {
    int fd = Libc.memfdCreate(name);
    if (fd < 0) {
      throw new HostMemoryException("cannot create a memory file", -fd);
    }
    resize(fd, size, "memory file");
    return new SharedFileRam(fd, size);
  }

  /**
   * Guest RAM in a file. A missing or empty file gets the size; one of exactly that size is emptied
   * (a guest starts on zeros); any other is refused, and so is a file that another VMM holds.
   */
  static SharedFileRam open(Path path, long size) {
    int fd = Libc.open(path.toString(), Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, NEW_FILE_MODE);
    if (fd < 0) {
      throw new HostMemoryException("cannot open memory file " + path, -fd);
    }
    int locked = Libc.lockExclusive(fd);
    if (locked < 0) {
      Libc.close(fd);
      throw new HostMemoryException("memory file " + path + " is in use", -locked);
    }
    long found;
    try {
      found = Files.size(path);
      if (!Files.isRegularFile(path)) {
        throw new IOException(path + " is not a regular file");
      }
    } catch (IOException e) {
      Libc.close(fd);
      throw new UncheckedIOException("cannot use memory file " + path, e);
    }
    if (found != 0 && found != size) {
      Libc.close(fd);
      throw new IllegalArgumentException(
          "memory file " + path + " has " + found + " bytes, the guest's memory " + size);
    }
    resize(fd, 0, path.toString());
    resize(fd, size, path.toString());
    return new SharedFileRam(fd, size);
  }

  private static void resize(int fd, long size, String what) {
    int result = Libc.ftruncate(fd, size);
    if (result < 0) {
      Libc.close(fd);
      throw new HostMemoryException("cannot give " + what + " " + size + " bytes", -result);
    }
  }

  @Override
  public void discard(long offset, long length) {
    discarded(mapping.punchHole(offset, length), offset, length);
  }
}
