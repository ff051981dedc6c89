package io.spindrift.ledger;

import io.spindrift.transaction.RetryOnConflict;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;

/** Moves money between accounts. */
@ApplicationScoped
public class Transfers {
    @PersistenceContext
    private EntityManager entities;

    /**
     * Moves an amount from one account to another. When another transaction changed one of them in between, the whole
     * method runs again in a transaction of its own.
     *
     * @param amount whole cents, greater than zero
     * @throws UnknownAccountException if there is no such account
     * @throws TransferRefusedException if the balances do not allow it
     */
    // Only transfers of the same account conflict. Where many clients share few accounts one may lose often, and what
    // counts is how long it waits.
    @RetryOnConflict(maxRetries = 1000, maxDuration = 20)
    @Transactional
    public Transfer transfer(long from, long to, long amount) {
        Account payer = account(from);
        Account payee = account(to);
        payer.withdraw(amount);
        payee.deposit(amount);
        Transfer transfer = new Transfer(payer, payee, amount);
        entities.persist(transfer);
        return transfer;
    }

    private Account account(long id) {
        Account account = entities.find(Account.class, id);
        if (account == null) {
            throw new UnknownAccountException(id);
        }
        return account;
    }
}
