/** A guest with something of everything, whose class files the target {@code image} damages. */
package aerostat.tools.fuzz.image.sample;
