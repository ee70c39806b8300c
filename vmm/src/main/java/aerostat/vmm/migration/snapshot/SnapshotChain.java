package aerostat.vmm.migration.snapshot;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A snapshot with its parents, all open; the one without a parent first. */
public final class SnapshotChain implements AutoCloseable {
  /** More diffs than this make a restore slow; a chain that runs in a circle ends here, too. */
  private static final int LONGEST = 64;

  private final List<SnapshotFile> files;

  private SnapshotChain(List<SnapshotFile> files) {
    this.files = files;
  }

  /**
   * Opens a snapshot and whatever it builds on.
   *
   * @throws IOException that names the file that is missing, is not the parent meant, or is unsound
   */
  public static SnapshotChain open(Path path) throws IOException {
    List<SnapshotFile> files = new ArrayList<>();
    SnapshotChain chain = new SnapshotChain(files);
    try {
      SnapshotFile file = SnapshotFile.open(path);
      files.add(file);
      ParentLink parent = file.parent();
      while (parent != null) {
        Path at = parent.resolve(file.path());
        if (files.size() == LONGEST) {
          throw new SnapshotException(path + " has more than " + LONGEST + " parents");
        }
        SnapshotFile older = SnapshotFile.open(at);
        files.addFirst(older);
        if (!older.header().uuid().equals(parent.uuid())) {
          throw new SnapshotException(
              at + " is not the parent of " + file.path() + ": it has been replaced");
        }
        if (older.header().memoryBytes() != file.header().memoryBytes()) {
          throw new SnapshotException(at + " has another size of memory than " + file.path());
        }
        file = older;
        parent = file.parent();
      }
      return chain;
    } catch (IOException | RuntimeException e) {
      chain.close();
      throw e;
    }
  }

  /** The one without a parent first. */
  public List<SnapshotFile> files() {
    return List.copyOf(files);
  }

  SnapshotFile base() {
    return files.getFirst();
  }

  /** The one that was asked for. */
  public SnapshotFile newest() {
    return files.getLast();
  }

  /** Checks the contents of all files. */
  public void verify() throws IOException {
    for (SnapshotFile file : files) {
      file.verify();
    }
  }

  @Override
  public void close() throws IOException {
    for (SnapshotFile file : files) {
      file.close();
    }
  }
}
