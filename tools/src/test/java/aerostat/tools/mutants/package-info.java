/** One-line mutants that show, rule by rule, that a test of the rule can fail. */
package aerostat.tools.mutants;
