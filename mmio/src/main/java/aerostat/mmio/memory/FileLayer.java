package aerostat.mmio.memory;

import java.nio.file.Path;

/**
 * A part of memory that begins as a part of a file.
 *
 * @param file which must not shrink while it is mapped
 * @param fileOffset of the first byte, a multiple of the host's page
 * @param offset in memory, a multiple of the host's page
 * @param length bytes, a positive multiple of the host's page
 */
public record FileLayer(Path file, long fileOffset, long offset, long length) {}
