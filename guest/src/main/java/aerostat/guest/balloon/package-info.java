/**
 * The virtio balloon driver as merged in Linux (drivers/virtio/virtio_balloon.c), with the repairs
 * that docs/balloon-driver.md lists. {@link aerostat.guest.balloon.BalloonDriver} puts it together;
 * {@link aerostat.guest.balloon.HintStrategy} is the point at which variants differ.
 */
package aerostat.guest.balloon;
