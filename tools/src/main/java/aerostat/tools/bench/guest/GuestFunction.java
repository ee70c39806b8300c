package aerostat.tools.bench.guest;

import aerostat.tools.bench.kernels.Pages;
import aerostat.tools.bench.kernels.Records;
import aerostat.tools.bench.kernels.Walks;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** What is measured; a call does so many operations that the way to it does not count. */
public enum GuestFunction {
  /** One page from the buddy allocator, and back, without a split or merge. */
  ALLOC_PAIR("alloc/free, order 0", "pair", 64) {
    @Override
    MethodHandle bind(GuestCode guest) {
      call(guest.find("Pages", "scatter", int.class, int.class), 64);
      return bind(guest.find("Pages", "pairs", int.class, int.class), operations());
    }
  },

  /** Blocks of order 0 to 3 that come and go, with splits and merges. */
  ALLOC_MIXED("alloc/free, orders 0-3", "step", 64) {
    @Override
    MethodHandle bind(GuestCode guest) {
      MethodHandle mixed =
          guest.find("Pages", "mixed", int.class, long.class, long.class, int.class);
      return bind(mixed, guest.area(), 4711L, operations());
    }
  },

  /** A list of nodes that are spread over memory. */
  WALK("list walk", "node", Walks.NODES) {
    @Override
    MethodHandle bind(GuestCode guest) {
      return bind(guest.find("Walks", "walk", long.class, long.class), list(guest));
    }
  },

  /** The same, with a call for each node that can be stopped. */
  WALK_CALLS("walk with calls", "node", Walks.NODES) {
    @Override
    MethodHandle bind(GuestCode guest) {
      return bind(guest.find("Walks", "walkWithCalls", long.class, long.class), list(guest));
    }
  },

  /** Calls and nothing else: the worst case of polls. */
  RECURSION("recursion", "call", 5167) {
    @Override
    MethodHandle bind(GuestCode guest) {
      return bind(guest.find("Loops", "fib", int.class, int.class), 17);
    }
  },

  /** Sum of words that lie behind each other. */
  SCAN("memory scan", "word", 8192) {
    @Override
    MethodHandle bind(GuestCode guest) {
      return bind(
          guest.find("Loops", "scan", long.class, long.class, int.class),
          guest.area(),
          operations());
    }
  },

  /** Stores to words that lie behind each other. */
  FILL("fill", "word", 8192) {
    @Override
    MethodHandle bind(GuestCode guest) {
      return bind(
          guest.find("Loops", "fill", long.class, long.class, int.class, long.class),
          guest.area(),
          operations(),
          42L);
    }
  },

  /** Records with checksums, read, verified and written. */
  KVSTORE("kvstore", "update", 64) {
    @Override
    MethodHandle bind(GuestCode guest) {
      return bind(
          guest.find("Records", "run", int.class, long.class, long.class, int.class),
          guest.area(),
          99L,
          operations());
    }
  };

  /** Memory that a function may use. */
  static final long AREA_BYTES = Math.max((long) Records.COUNT * Records.SIZE, Pages.SLOTS * 8L);

  private final String title;
  private final String operation;
  private final int operations;

  GuestFunction(String title, String operation, int operations) {
    this.title = title;
    this.operation = operation;
    this.operations = operations;
  }

  String title() {
    return title;
  }

  /** What {@link #operations} counts. */
  String operation() {
    return operation;
  }

  /** Operations of one call. */
  int operations() {
    return operations;
  }

  /** The function in this form with its arguments, of type {@code ()long}. */
  abstract MethodHandle bind(GuestCode guest);

  private static long list(GuestCode guest) {
    return call(guest.find("Walks", "build", long.class, long.class), guest.area());
  }

  private static long call(MethodHandle function, Object... arguments) {
    try {
      return (long) bind(function, arguments).invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("a guest function failed", e);
    }
  }

  static MethodHandle bind(MethodHandle function, Object... arguments) {
    return MethodHandles.insertArguments(function, 0, arguments)
        .asType(MethodType.methodType(long.class));
  }
}
