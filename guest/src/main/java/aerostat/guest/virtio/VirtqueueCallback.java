package aerostat.guest.virtio;

/** Called with interrupts off when the device has used buffers of the queue. Ops interface. */
public interface VirtqueueCallback {
  void done(Virtqueue queue);
}
