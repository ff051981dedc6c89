/**
 * LTX version 3, the file format of segments and snapshots, shared with Litestream 0.5.
 *
 * <p>Start at {@link io.spindrift.ltx.LtxWriter} for the byte layout; {@link io.spindrift.ltx.LtxReader} checks
 * everything the format promises while it reads. {@link io.spindrift.ltx.PageChecksums} is the rolling checksum that
 * proves two databases equal.
 */
package io.spindrift.ltx;
