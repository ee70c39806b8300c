/** The guest kernel, in restricted Java: see docs/guest-java.md. Folders mirror Linux's own. */
package aerostat.guest;
