/**
 * Scriptable ends of the wire: a driver that speaks to any virtio-mmio device, well or badly, and a
 * device that records what a driver does and answers as told.
 */
package aerostat.mmio.mock;
