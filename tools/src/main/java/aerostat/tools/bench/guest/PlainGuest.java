package aerostat.tools.bench.guest;

import aerostat.guest.plain.PlainKernel;
import aerostat.tools.bench.kernels.Pages;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Guest code as javac made it. There is one plain machine a process. */
final class PlainGuest implements GuestCode {
  private final long area;

  PlainGuest() {
    PlainKernel.setUp(RewrittenGuest.MEMORY, "");
    area = Pages.area(RewrittenGuest.AREA_ORDER);
  }

  @Override
  public MethodHandle find(
      String className, String method, Class<?> result, Class<?>... parameters) {
    return RewrittenGuest.find(
        MethodHandles.lookup(),
        BenchImage.PACKAGE + className,
        PlainGuest.class.getClassLoader(),
        method,
        MethodType.methodType(result, parameters));
  }

  @Override
  public long area() {
    return area;
  }

  @Override
  public void close() {
    // The machine stays for the next one.
  }
}
