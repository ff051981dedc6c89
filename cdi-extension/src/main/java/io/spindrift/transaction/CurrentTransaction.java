package io.spindrift.transaction;

import jakarta.transaction.Status;
import jakarta.transaction.TransactionSynchronizationRegistry;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/** Whether the calling thread is inside a transaction of the container. */
final class CurrentTransaction {
    private static final String REGISTRY = "java:comp/TransactionSynchronizationRegistry";

    private CurrentTransaction() {}

    static boolean isActive() {
        try {
            // Looked up for each call: the name belongs to the component that calls.
            TransactionSynchronizationRegistry registry = InitialContext.doLookup(REGISTRY);
            return registry.getTransactionStatus() != Status.STATUS_NO_TRANSACTION;
        } catch (NamingException noTransactionsHere) {
            return false;
        }
    }
}
