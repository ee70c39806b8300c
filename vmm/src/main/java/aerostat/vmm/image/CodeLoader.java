package aerostat.vmm.image;

import aerostat.vmm.cpu.ResumeEntry;

/**
 * The code of one VM: its own copy of the intrinsics, and for each flavour its own copy of the
 * rewritten guest. Classes are defined when they are first used.
 *
 * <p>{@code aerostat.vmm.cpu.Intrinsics} and {@code SanitizingIntrinsics} (and their nested
 * classes) are defined afresh for each VM from the bytes on the class path; all else that they name
 * comes from the VMM's own loader and therefore must be public. Both flavours share them.
 */
public final class CodeLoader {
  /** Prepares the loaders; defines nothing yet. */
  public CodeLoader(RewrittenImage image) {}

  /**
   * This VM's copy of a class of the intrinsics template, initialised.
   *
   * @param name {@code aerostat.vmm.cpu.Intrinsics} or {@code …SanitizingIntrinsics}
   */
  public Class<?> intrinsics(String name) {
    throw new UnsupportedOperationException(name);
  }

  /** Where the dispatcher enters guest code of this flavour. */
  public ResumeEntry resumeEntry(Flavour flavour) {
    throw new UnsupportedOperationException(flavour.name());
  }
}
