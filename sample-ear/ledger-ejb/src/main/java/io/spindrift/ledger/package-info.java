/**
 * The ledger: accounts, and transfers between them. Money is whole cents.
 *
 * <p>Start at {@link io.spindrift.ledger.Transfers}, the use case that needs more than one row to change together.
 */
package io.spindrift.ledger;
