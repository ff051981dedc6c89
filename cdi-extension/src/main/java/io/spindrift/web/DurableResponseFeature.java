package io.spindrift.web;

import io.spindrift.Durability;
import io.spindrift.transaction.DurabilityWait;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;

/** Puts the output gate around every resource method with {@link DurableResponse}. */
public class DurableResponseFeature implements DynamicFeature {
    @Override
    public void configure(ResourceInfo resource, FeatureContext context) {
        DurableResponse annotation = resource.getResourceMethod().getAnnotation(DurableResponse.class);
        if (annotation == null) {
            annotation = resource.getResourceClass().getAnnotation(DurableResponse.class);
        }
        if (annotation != null) {
            context.register(new RestGate(new OutputGate(DurabilityWait.of(
                    Durability.REPLICA, annotation.database(), annotation.timeout(), annotation.timeoutUnit()))));
        }
    }
}
