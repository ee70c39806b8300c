package aerostat.tools.bench.guest;

import java.lang.invoke.MethodHandle;

/** The benchmark's guest functions in one form, on a machine of its own with its kernel set up. */
interface GuestCode extends AutoCloseable {
  /**
   * A public static method of a class in {@code aerostat.tools.bench.kernels}, with primitive types
   * only.
   */
  MethodHandle find(String className, String method, Class<?> result, Class<?>... parameters);

  /** Address of {@link GuestFunction#AREA_BYTES} zero bytes that a function may use. */
  long area();

  @Override
  void close();

  /** Brings up the code in this form. */
  static GuestCode of(Form form) {
    return form == Form.PLAIN ? new PlainGuest() : new RewrittenGuest(form);
  }
}
