/** Guest code: the kernel's init thread on a machine that is explored. Not null-checked. */
package aerostat.tools.explore.agent;
