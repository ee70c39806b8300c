package aerostat.vmm.image.verify;

/**
 * Name and descriptor of a method or field. No string is made of them: the class file of a megabyte
 * can name thousands of members with the same long descriptor.
 */
record Member(String name, String descriptor) {}
