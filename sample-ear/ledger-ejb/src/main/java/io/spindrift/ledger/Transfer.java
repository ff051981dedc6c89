package io.spindrift.ledger;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** Money that went from one account to another. */
@Entity
@Table(name = "transfer")
public class Transfer {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private Long id;

    @Column(name = "from_account")
    private long from;

    @Column(name = "to_account")
    private long to;

    private long amount;

    /** For the persistence provider. */
    protected Transfer() {}

    Transfer(Account from, Account to, long amount) {
        this.from = from.id();
        this.to = to.id();
        this.amount = amount;
    }

    public long id() {
        return id;
    }

    public long from() {
        return from;
    }

    public long to() {
        return to;
    }

    public long amount() {
        return amount;
    }
}
