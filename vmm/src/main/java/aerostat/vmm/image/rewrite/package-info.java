/** Makes erased guest code stoppable: polls, resume sites, hot and resume copies. */
package aerostat.vmm.image.rewrite;
