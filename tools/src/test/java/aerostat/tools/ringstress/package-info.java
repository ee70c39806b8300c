/** jcstress tests of the memory order of both rings. */
package aerostat.tools.ringstress;
