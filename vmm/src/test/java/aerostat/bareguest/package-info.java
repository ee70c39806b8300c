/** Small guests in restricted Java: loaded as images by tests, never called. */
package aerostat.bareguest;
