/**
 * What the guest does for a living: chosen on the kernel command line, it keeps the machine busy
 * and notices when memory is not as it left it. docs/workloads.md is the manual.
 */
package aerostat.guest.workload;
