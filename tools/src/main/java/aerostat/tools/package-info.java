/** Placeholder. */
package aerostat.tools;
