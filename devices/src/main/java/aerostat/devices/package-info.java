/** Placeholder. */
package aerostat.devices;
