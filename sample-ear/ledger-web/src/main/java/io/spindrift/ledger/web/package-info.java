/** The ledger over HTTP: the calls under {@code /ledger/api} and what protects the page beside them. */
package io.spindrift.ledger.web;
