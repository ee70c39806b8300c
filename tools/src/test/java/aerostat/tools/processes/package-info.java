/** What only several processes can show: moves between them, deaths, the same run twice. */
package aerostat.tools.processes;
