package aerostat.tools.bench.guest;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/** What a benchmark holds before it is set up. */
final class NoGuest implements GuestCode {
  static final MethodHandle CALL = MethodHandles.zero(long.class);

  @Override
  public MethodHandle find(
      String className, String method, Class<?> result, Class<?>... parameters) {
    throw new IllegalStateException("not set up");
  }

  @Override
  public long area() {
    throw new IllegalStateException("not set up");
  }

  @Override
  public void close() {
    // There is nothing.
  }
}
