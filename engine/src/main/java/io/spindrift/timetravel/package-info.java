/**
 * Reading a database as it was.
 *
 * <p>Start at {@link io.spindrift.timetravel.TimeTravel}: it restores positions to copies in a bounded folder and opens
 * read-only connections to them.
 */
package io.spindrift.timetravel;
