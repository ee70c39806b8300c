/** Checks of the whole house: each would notice a lost write, a lost page or a lying check. */
package aerostat.tools.checks;
