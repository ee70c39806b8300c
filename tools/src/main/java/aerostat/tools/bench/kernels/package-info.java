/**
 * Guest code that {@code aerostat bench} measures, in restricted Java: the same classes run as
 * plain Java, erased without polls and marks, and as the VMM runs them.
 */
package aerostat.tools.bench.kernels;
