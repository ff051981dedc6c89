package io.spindrift.ledger.web;

import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response.Status;
import jakarta.ws.rs.ext.Provider;

/**
 * Lets a POST pass only if its body is JSON and no other site's page sent it. A form of another site cannot send
 * application/json; a request without a body has no type to look at, so the browser's word on its origin counts.
 */
@Provider
public class PostGuard implements ContainerRequestFilter {
    @Override
    public void filter(ContainerRequestContext request) {
        if (!HttpMethod.POST.equals(request.getMethod())) {
            return;
        }
        if ("cross-site".equals(request.getHeaderString("Sec-Fetch-Site"))) {
            request.abortWith(Problem.of(Status.FORBIDDEN, "A page of another site must not change the ledger")
                    .build());
        } else if (!isJson(request)) {
            request.abortWith(Problem.of(Status.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json")
                    .build());
        }
    }

    private static boolean isJson(ContainerRequestContext request) {
        MediaType type = request.getMediaType();
        return type == null
                ? !request.hasEntity()
                : MediaType.APPLICATION_JSON_TYPE.isCompatible(type) && !type.isWildcardType();
    }
}
