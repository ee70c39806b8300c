/** Placeholder. */
package aerostat.vmm;
