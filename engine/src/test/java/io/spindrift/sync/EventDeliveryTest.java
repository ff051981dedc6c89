package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.DatabaseListener;
import io.spindrift.Position;
import io.spindrift.SyncEvent;
import io.spindrift.SyncEvent.OwnershipClaimed;
import io.spindrift.SyncEvent.Restored;
import io.spindrift.SyncEvent.SyncFailed;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventDeliveryTest {
    private final EventDelivery delivery = new EventDelivery();

    @Test
    void aListenerThatComesLateIsToldHowTheDatabaseWasOpenedAndNothingElse() {
        SyncEvent restored = new Restored("ledger", Instant.EPOCH, new Position(1), 4096, Duration.ZERO);
        tell(claim(1), failure("away"), restored, claim(2), failure("away again"));

        List<SyncEvent> told = new ArrayList<>();
        delivery.add(told::add);

        assertThat(told).containsExactly(restored, claim(2));
    }

    @Test
    void afterwardsItIsToldWhatHappens() {
        tell(claim(1));
        List<SyncEvent> told = new ArrayList<>();
        delivery.add(told::add);
        tell(failure("away"), claim(2));

        assertThat(told).containsExactly(claim(1), failure("away"), claim(2));
    }

    @Test
    void aListenerThatIsAddedByAnotherHearsEveryEventOnce() {
        List<SyncEvent> told = new ArrayList<>();
        DatabaseListener late = told::add;
        delivery.add(event -> {
            if (event.equals(claim(1))) {
                delivery.add(late);
            }
        });
        tell(claim(1), failure("away"));

        assertThat(told).startsWith(claim(1)).doesNotHaveDuplicates();
    }

    @Test
    void aListenerThatWasRemovedHearsNothing() {
        List<SyncEvent> told = new ArrayList<>();
        DatabaseListener listener = told::add;
        delivery.add(listener);
        delivery.remove(listener);
        tell(claim(1));

        assertThat(told).isEmpty();
    }

    private void tell(SyncEvent... events) {
        for (SyncEvent event : events) {
            delivery.publish(event);
        }
        delivery.deliver();
    }

    private static SyncEvent claim(long epoch) {
        return new OwnershipClaimed("ledger", Instant.EPOCH, epoch, new Position(epoch));
    }

    private static SyncEvent failure(String problem) {
        return new SyncFailed("ledger", Instant.EPOCH, problem);
    }
}
