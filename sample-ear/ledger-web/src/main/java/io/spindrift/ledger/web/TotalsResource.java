package io.spindrift.ledger.web;

import io.spindrift.ledger.Accounts;
import io.spindrift.ledger.Totals;
import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** The whole ledger in three numbers. */
@RequestScoped
@Path("/totals")
@Produces(MediaType.APPLICATION_JSON)
public class TotalsResource {
    @EJB
    private Accounts accounts;

    @GET
    public Totals totals() {
        return accounts.totals();
    }
}
