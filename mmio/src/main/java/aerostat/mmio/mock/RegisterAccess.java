package aerostat.mmio.mock;

/** One access to a device's window. */
public record RegisterAccess(boolean write, long offset, int width, long value) {}
