package io.spindrift.jpa;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Version;

/** An account of the test ledger. */
@Entity
class Account {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    Long id;

    @Column(nullable = false, unique = true)
    String owner;

    long balance;

    boolean closed;

    @Version
    long version;

    protected Account() {}

    Account(String owner, long balance) {
        this.owner = owner;
        this.balance = balance;
    }
}
