/**
 * TLS 1.3 with certificates on both sides, between the migration's messages and its sockets. The
 * platform's own (JSSE) does the work; options and file names are QEMU's. Knows the transport, and
 * the parameters that name credentials.
 */
@NullMarked
package aerostat.vmm.migration.tls;

import org.jspecify.annotations.NullMarked;
