/** Reads an image's class files and refuses whatever is not on the allowlist of restricted Java. */
package aerostat.vmm.image.verify;
