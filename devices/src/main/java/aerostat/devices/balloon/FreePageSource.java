package aerostat.devices.balloon;

import aerostat.mmio.virtio.Virtqueue;

/** How the guest tells a migration which pages are free; one device has one way. */
interface FreePageSource {
  /** Handles at most one element of the free page queue; whether there was one. */
  boolean handle(Virtqueue queue);

  /** A migration wants to know; what comes goes to its sink. */
  void start(FreePageHintSink sink);

  /** After it nothing goes to the sink. */
  void stop();

  /** The guest may take back what it holds. */
  void done();

  /** Whether the guest has told all that {@link #start} asked for. */
  boolean roundOver();

  /** Device reset. */
  void reset();

  /** The driver disabled the queue: its elements are gone. */
  void queueStopped();

  /** Another state was put in: what the migration of the old one asked for is no more. */
  void restored();
}
