/** The machine as plain Java, for unit tests and benchmarks; never part of an image. */
package aerostat.guest.plain;
