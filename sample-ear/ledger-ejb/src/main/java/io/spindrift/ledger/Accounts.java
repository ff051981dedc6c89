package io.spindrift.ledger;

import jakarta.ejb.Stateless;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/** All accounts. Each method is one transaction of the container's. */
@Stateless
public class Accounts {
    private static final BigInteger BILLION = BigInteger.valueOf(1_000_000_000);

    @PersistenceContext
    private EntityManager entities;

    /** Opens an account. */
    public Account open(String owner, long balance) {
        Account account = new Account(owner, balance);
        entities.persist(account);
        entities.flush(); // so that the version is the stored one
        return account;
    }

    public Optional<Account> find(long id) {
        return Optional.ofNullable(entities.find(Account.class, id));
    }

    /** The first accounts whose id is greater than the given one, in the order of their ids. */
    public List<Account> after(long id, int limit) {
        return entities.createQuery("select a from Account a where a.id > :id order by a.id", Account.class)
                .setParameter("id", id)
                .setMaxResults(limit)
                .getResultList();
    }

    /** Counts and sums everything, as of one moment. */
    public Totals totals() {
        // Summed in two halves, for SQLite refuses a sum beyond 64 bits.
        Object[] row = (Object[]) entities.createNativeQuery(
                        """
                        select (select count(*) from account),
                               (select count(*) from transfer),
                               (select coalesce(sum(balance / 1000000000), 0) from account),
                               (select coalesce(sum(balance % 1000000000), 0) from account)
                        """)
                .getSingleResult();
        BigInteger balance =
                BigInteger.valueOf(number(row[2])).multiply(BILLION).add(BigInteger.valueOf(number(row[3])));
        return new Totals(number(row[0]), number(row[1]), balance);
    }

    private static long number(Object column) {
        return ((Number) column).longValue();
    }
}
