package aerostat.vmm.cpu;

/**
 * Way into the guest code of one flavour: the loader generates the implementation, {@code
 * aerostat.vmm.cpu.gen.Resume}.
 */
public interface ResumeEntry {
  /**
   * Runs the frame whose slots {@link Intrinsics#slot} gives from its resume site on, until it
   * returns or unwinds.
   *
   * @param method id of a resumable method
   * @param site 0 for its beginning, else a site of the resume table
   * @return raw bits of the method's result (int sign-extended); meaningless when unwinding
   * @throws GuestFault also for a method or site that does not exist
   */
  long resume(int method, int site);
}
