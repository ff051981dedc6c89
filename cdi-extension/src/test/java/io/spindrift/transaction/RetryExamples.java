package io.spindrift.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.ConflictSimulator;
import io.spindrift.Database;
import io.spindrift.retry.ConflictEvent;
import io.spindrift.retry.RetryPolicy;
import io.spindrift.retry.Transactions;
import jakarta.annotation.Resource;
import jakarta.ejb.SessionContext;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.enterprise.event.Observes;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/** The examples of {@code docs/transactions.md}, in the words of the page. */
final class RetryExamples {
    private static final Logger LOG = System.getLogger(RetryExamples.class.getName());

    private RetryExamples() {}

    record Transfer(long cents) {}

    static class Account {
        Transfer pay(Account payee, long cents) {
            return new Transfer(cents);
        }
    }

    static class Transfers {
        private EntityManager entities;

        @RetryOnConflict
        @Transactional
        public Transfer transfer(long from, long to, long cents) {
            Account payer = entities.find(Account.class, from);
            Account payee = entities.find(Account.class, to);
            return payer.pay(payee, cents);
        }

        int attempts() {
            return 3;
        }
    }

    static class Observer {
        void on(@Observes ConflictEvent conflict) {
            LOG.log(
                    Level.INFO,
                    "{0}, attempt {1}: {2}, after {3}: {4}",
                    conflict.what(),
                    conflict.attempt(),
                    conflict.decision(),
                    conflict.pause(),
                    conflict.cause().getMessage());
        }
    }

    static class Enterprise {
        @Stateless
        public class TransfersBean {
            @Resource
            private SessionContext context;

            @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
            public Transfer transfer(long from, long to, long cents) {
                TransfersBean self = context.getBusinessObject(TransfersBean.class);
                return Transactions.call(() -> self.transferOnce(from, to, cents));
            }

            public Transfer transferOnce(long from, long to, long cents) {
                return entities.find(Account.class, from).pay(entities.find(Account.class, to), cents);
            }

            private EntityManager entities;
        }
    }

    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    static int withdraw(Database database, long account, int cents) throws SQLException, RefusedException {
        int left = Transactions.call(database.dataSource(), connection -> {
            int balance = balance(connection, account);
            if (balance < cents) {
                throw new RefusedException("the balance is " + balance);
            }
            setBalance(connection, account, balance - cents);
            return balance - cents;
        });
        return left;
    }

    private static int balance(Connection connection, long account) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT balance FROM account WHERE id = ?")) {
            select.setLong(1, account);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    private static void setBalance(Connection connection, long account, int balance) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE account SET balance = ? WHERE id = ?")) {
            update.setInt(1, balance);
            update.setLong(2, account);
            update.executeUpdate();
        }
    }

    interface Counter {
        void add(Duration pause);
    }

    static void patiently(Database database, Counter counter) throws SQLException {
        RetryPolicy patient = RetryPolicy.builder()
                .maxRetries(100)
                .maxDelay(Duration.ofSeconds(1))
                .maxDuration(Duration.ofMinutes(1))
                .build();
        Transactions.with(patient)
                .named("the nightly sum")
                .listener(conflict -> counter.add(conflict.pause()))
                .run(database.dataSource(), connection -> sum(connection));
    }

    private static void sum(Connection connection) throws SQLException {
        setBalance(connection, 0, balance(connection, 1));
    }

    static void simulate(Transfers transfers) {
        try (ConflictSimulator conflicts = ConflictSimulator.failNextCommits("ledger", 2)) {
            transfers.transfer(1, 2, 500);
            assertThat(conflicts.left()).isZero();
        }
        assertThat(transfers.attempts()).isEqualTo(3);
    }
}
