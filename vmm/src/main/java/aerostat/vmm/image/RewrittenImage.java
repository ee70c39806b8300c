package aerostat.vmm.image;

import java.util.List;
import java.util.Map;

/**
 * A verified image in the forms that the vCPU runs, with the table that explains its stopped
 * frames. Immutable and shared between VMs.
 *
 * @param image the image itself
 * @param classes by flavour: class bytes by class name (with dots)
 * @param shared class bytes that all flavours share (spill helpers)
 * @param resumeTable meaning of stopped frames
 * @param startMethod number of the entry class's {@code start(long)}
 * @param interruptMethod number of {@code interrupt(int)}
 * @param threadMethod number of {@code thread(long)}
 * @param hostStackBytes Java stack that the vCPU thread needs, with a margin
 * @param reports remarks that refuse nothing: methods too long to be inlined
 */
public record RewrittenImage(
    GuestImage image,
    Map<Flavour, Map<String, byte[]>> classes,
    Map<String, byte[]> shared,
    ResumeTable resumeTable,
    int startMethod,
    int interruptMethod,
    int threadMethod,
    long hostStackBytes,
    List<String> reports) {
  public RewrittenImage {
    classes = Map.copyOf(classes);
    shared = Map.copyOf(shared);
    reports = List.copyOf(reports);
  }

  /** SHA-256 of the image's bytes in ROM. */
  public byte[] digest() {
    return image.digest();
  }
}
