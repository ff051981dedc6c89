package io.spindrift.ledger.web;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** Puts the resources of this package under {@code /ledger/api}. */
@ApplicationPath("/api")
public class LedgerApi extends Application {}
