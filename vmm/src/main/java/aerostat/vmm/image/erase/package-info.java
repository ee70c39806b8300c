/** Turns verified guest code into code that knows primitive types only. */
package aerostat.vmm.image.erase;
