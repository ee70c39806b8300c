/**
 * The driver's side of virtio: bus and driver core, the virtio-mmio transport and split rings. The
 * twin of Linux's {@code drivers/virtio/}: {@link aerostat.guest.virtio.VirtioBus} is virtio.c,
 * {@link aerostat.guest.virtio.VirtioMmio} virtio_mmio.c, {@link aerostat.guest.virtio.VirtioRing}
 * virtio_ring.c.
 */
package aerostat.guest.virtio;
