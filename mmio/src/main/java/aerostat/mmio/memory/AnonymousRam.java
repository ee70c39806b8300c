package aerostat.mmio.memory;

/** RAM of this process alone; discarded pages come back as zeros when touched again. */
final class AnonymousRam extends MappedRam {
  AnonymousRam(long size) {
    super("anonymous", HostMapping.create(size, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0));
  }

  @Override
  public void findAbsent(PageBitmap into) {
    mapping.findAbsent(into);
  }

  @Override
  public void prepareRead(long offset, long length) {
    mapping.populateRead(offset, length);
  }

  @Override
  public void discard(long offset, long length) {
    discarded(mapping.dontNeed(offset, length), offset, length);
  }
}
