package aerostat.mmio.virtio;

import org.jspecify.annotations.Nullable;

/** A queue, device side. */
public interface Virtqueue {
  /** Elements in the ring, 0 before the driver has set the queue up. */
  int size();

  /** Popped and not yet pushed. */
  int inFlight();

  /**
   * Takes the next chain, as a snapshot that no later write of the driver changes.
   *
   * @return the queue's one reusable chain, valid until the next pop; null when there is none
   * @throws QueueViolation for anything malformed
   */
  @Nullable DescriptorChain pop();

  /**
   * Returns an element, by {@link DescriptorChain#head}, and notifies the driver if it wants to
   * know.
   */
  void push(int head, long written);

  /**
   * As {@link #push}, but the driver need not see the element, and is not notified, before {@link
   * #flush}: one index update, one fence and one look at the driver's wishes for many elements. A
   * device flushes before it returns from {@link VirtioDevice#handle}.
   */
  void fill(int head, long written);

  /** Lets the driver see what was filled, and notifies it if it wants to know. */
  void flush();

  /** Puts the element popped last back: it will be popped again (DEV-24, DEV-25). */
  void unpop(int head);

  /**
   * Whether an element that a restored state says was popped can be one of this queue: then {@link
   * #push} takes it.
   */
  boolean mayHold(int head);
}
