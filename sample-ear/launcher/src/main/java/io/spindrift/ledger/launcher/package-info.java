/** Runs the ledger on Open Liberty; start at {@link io.spindrift.ledger.launcher.RunLedger}. */
package io.spindrift.ledger.launcher;
