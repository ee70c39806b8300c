/** Floor 1: guest-physical memory, MMIO bus, interrupt lines, virtio-mmio transport, virtqueues. */
package aerostat.mmio;
