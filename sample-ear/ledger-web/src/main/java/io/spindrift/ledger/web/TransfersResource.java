package io.spindrift.ledger.web;

import io.spindrift.ledger.Account;
import io.spindrift.ledger.Transfer;
import io.spindrift.ledger.Transfers;
import io.spindrift.web.DurableResponse;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.Status;
import java.io.IOException;
import java.io.InputStream;

/** Moves money; a client that is told of a transfer can rely on it, whatever becomes of this server. */
@RequestScoped
@Path("/transfers")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class TransfersResource {
    @Inject
    private Transfers transfers;

    @POST
    @DurableResponse
    public Response transfer(InputStream body) throws IOException {
        JsonBody json = JsonBody.read(body, "from", "to", "amount");
        long from = json.whole("from", 1, Long.MAX_VALUE);
        long to = json.whole("to", 1, Long.MAX_VALUE);
        long amount = json.whole("amount", 1, Account.LARGEST_BALANCE);
        if (from == to) {
            throw new InvalidInputException("to", "to must be another account than from, found " + to + " for both");
        }
        Transfer transfer = transfers.transfer(from, to, amount);
        return Response.status(Status.CREATED)
                .entity(new TransferView(transfer.id(), transfer.from(), transfer.to(), transfer.amount()))
                .build();
    }

    /** A transfer as the API shows it; the amount is in cents. */
    public record TransferView(long id, long from, long to, long amount) {}
}
