package aerostat.vmm.cpu;

/** Where the dispatcher enters generated guest code; one generated class a flavour. */
public interface ResumeEntry {
  /**
   * Goes on in a frame whose slots {@code Intrinsics.slot} serves.
   *
   * @param method a method number that the resume table knows
   * @param site a site of that method
   * @return raw bits of the method's result (int sign-extended, float and double raw, void 0);
   *     without meaning when {@code Intrinsics.unwinding} is set
   */
  long resume(int method, int site);
}
