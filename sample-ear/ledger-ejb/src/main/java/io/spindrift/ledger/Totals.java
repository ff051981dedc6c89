package io.spindrift.ledger;

import java.math.BigInteger;

/**
 * The whole ledger at one moment.
 *
 * @param accounts how many accounts there are
 * @param transfers how many transfers were made
 * @param balance the sum of all balances in cents; a transfer does not change it
 */
public record Totals(long accounts, long transfers, BigInteger balance) {}
