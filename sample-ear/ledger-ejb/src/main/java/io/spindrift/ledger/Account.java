package io.spindrift.ledger;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;

/** Someone's money: a balance in whole cents, never below zero nor above {@link #LARGEST_BALANCE}. */
@Entity
@Table(name = "account")
public class Account {
    /** The largest whole number that every JSON reader keeps exact, 2<sup>53</sup> - 1. */
    public static final long LARGEST_BALANCE = (1L << 53) - 1;

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private Long id;

    private String owner;
    private long balance;

    @Version
    private long version;

    /** For the persistence provider. */
    protected Account() {}

    Account(String owner, long balance) {
        this.owner = owner;
        this.balance = balance;
    }

    public long id() {
        return id;
    }

    public String owner() {
        return owner;
    }

    public long balance() {
        return balance;
    }

    /** How often the account has changed, from 1 on. */
    public long version() {
        return version;
    }

    void withdraw(long amount) {
        if (amount > balance) {
            throw new TransferRefusedException(
                    "The balance of account " + id + " is " + balance + " cents, too small to transfer " + amount);
        }
        balance -= amount;
    }

    void deposit(long amount) {
        if (amount > LARGEST_BALANCE - balance) {
            throw new TransferRefusedException("The balance of account " + id + " would pass the largest there can be, "
                    + LARGEST_BALANCE + " cents; transfer less than " + amount);
        }
        balance += amount;
    }
}
