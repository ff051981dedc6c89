package io.spindrift.jpa;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Table;
import jakarta.persistence.UniqueConstraint;
import java.math.BigDecimal;
import java.util.UUID;

/** A posting on an account; its number is unique within the account. */
@Entity
@Table(uniqueConstraints = @UniqueConstraint(columnNames = {"account_id", "number"}))
class Posting {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    Long id;

    @ManyToOne
    Account account;

    int number;

    double rate;

    BigDecimal amount;

    UUID reference;

    byte[] signature;

    protected Posting() {}

    Posting(Account account, int number) {
        this.account = account;
        this.number = number;
    }
}
