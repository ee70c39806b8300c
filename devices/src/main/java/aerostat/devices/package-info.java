/**
 * Floor 2: device models over mmio. Each keeps its state in the flat state and is called under the
 * machine lock.
 */
package aerostat.devices;
