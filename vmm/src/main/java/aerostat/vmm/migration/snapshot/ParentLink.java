package aerostat.vmm.migration.snapshot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What a diff says of its parent: uuid, and where the file was, relative to the diff's folder where
 * that is possible.
 */
public record ParentLink(UUID uuid, String path) {
  private static final int FIXED = 16;

  /** The link from a diff to its parent. */
  public static ParentLink to(UUID uuid, Path parent, Path diff) {
    Path folder = diff.toAbsolutePath().getParent();
    Path target = parent.toAbsolutePath();
    boolean beside = folder != null && folder.equals(target.getParent());
    return new ParentLink(uuid, beside ? String.valueOf(target.getFileName()) : target.toString());
  }

  /** The parent's file, seen from the diff's. */
  Path resolve(Path diff) throws SnapshotException {
    try {
      Path folder = diff.toAbsolutePath().getParent();
      return folder == null ? Path.of(path) : folder.resolve(path);
    } catch (InvalidPathException e) {
      throw new SnapshotException("its parent's path is no path: " + e.getReason());
    }
  }

  byte[] encode() {
    byte[] text = path.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(FIXED + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(uuid.getMostSignificantBits())
        .putLong(uuid.getLeastSignificantBits())
        .put(text)
        .array();
  }

  static ParentLink decode(byte[] bytes) throws SnapshotException {
    if (bytes.length <= FIXED) {
      throw new SnapshotException("a diff without the name of its parent");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    UUID uuid = new UUID(in.getLong(), in.getLong());
    try {
      return new ParentLink(uuid, StandardCharsets.UTF_8.newDecoder().decode(in).toString());
    } catch (CharacterCodingException e) {
      throw new SnapshotException("its parent's path is not UTF-8");
    }
  }
}
