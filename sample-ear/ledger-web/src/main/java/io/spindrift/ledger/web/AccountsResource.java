package io.spindrift.ledger.web;

import io.spindrift.ledger.Account;
import io.spindrift.ledger.Accounts;
import io.spindrift.ledger.UnknownAccountException;
import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Opens and shows accounts. */
@RequestScoped
@Path("/accounts")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class AccountsResource {
    private static final int LONGEST_OWNER = 100;
    private static final int DEFAULT_PAGE = 50;
    private static final int LARGEST_PAGE = 200;

    @EJB
    private Accounts accounts;

    @POST
    public Response open(InputStream body, @Context UriInfo uri) throws IOException {
        JsonBody json = JsonBody.read(body, "owner", "balance");
        String owner = json.text("owner", LONGEST_OWNER);
        long balance = json.whole("balance", 0, Account.LARGEST_BALANCE);
        Account account = accounts.open(owner, balance);
        return Response.created(uri.getAbsolutePathBuilder()
                        .path(Long.toString(account.id()))
                        .build())
                .entity(AccountView.of(account))
                .build();
    }

    @GET
    @Path("/{id}")
    public AccountView find(@PathParam("id") String id) {
        long number = Input.id("id", id);
        return accounts.find(number).map(AccountView::of).orElseThrow(() -> new UnknownAccountException(number));
    }

    @GET
    public Page list(
            @QueryParam("limit") @DefaultValue("") String limit,
            @QueryParam("cursor") @DefaultValue("") String cursor) {
        int size = limit.isEmpty() ? DEFAULT_PAGE : (int) Input.whole("limit", limit, 1, LARGEST_PAGE);
        long last = cursor.isEmpty() ? 0 : Input.whole("cursor", cursor, 0, Long.MAX_VALUE);
        // One more than asked for, to know whether there is a next page.
        List<AccountView> found =
                accounts.after(last, size + 1).stream().map(AccountView::of).toList();
        if (found.size() <= size) {
            return new Page(found, null);
        }
        List<AccountView> page = found.subList(0, size);
        return new Page(page, Long.toString(page.get(size - 1).id()));
    }

    /** An account as the API shows it; the balance is in cents. */
    public record AccountView(long id, String owner, long balance, long version) {
        static AccountView of(Account account) {
            return new AccountView(account.id(), account.owner(), account.balance(), account.version());
        }
    }

    /**
     * A part of the list.
     *
     * @param next the cursor of the part after it, null if this is the last one
     */
    public record Page(List<AccountView> accounts, String next) {}
}
