package io.spindrift.replica.s3;

import io.spindrift.replica.StoreException;
import java.io.IOException;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/** A request that failed: the sentence for the operator, and what decides whether to try again. */
final class S3Failure extends StoreException {
    private static final long serialVersionUID = 1L;

    /** No answer arrived. */
    private static final int NO_STATUS = 0;

    private static final Set<String> WRONG_KEYS = Set.of("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken");
    private static final Set<String> EXPIRED_KEYS = Set.of("ExpiredToken", "TokenRefreshRequired");
    private static final Set<String> TOO_MANY_REQUESTS =
            Set.of("SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests");
    private static final Set<String> WRONG_REGION =
            Set.of("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException");

    private final int status;
    private final String code;
    private final boolean worthAnotherTry;

    private S3Failure(String message, Throwable cause, int status, String code, boolean worthAnotherTry) {
        super(message, cause);
        this.status = status;
        this.code = code;
        this.worthAnotherTry = worthAnotherTry;
    }

    /**
     * Explains a failure.
     *
     * @param action what was tried, such as {@code PUT of 0000/….ltx}
     */
    static S3Failure of(SdkException e, String action, S3Address address) {
        if (e instanceof AwsServiceException answer) {
            String code =
                    answer.awsErrorDetails() == null || answer.awsErrorDetails().errorCode() == null
                            ? ""
                            : answer.awsErrorDetails().errorCode();
            int status = answer.statusCode();
            boolean again = status == 500
                    || status == 502
                    || status == 503
                    || status == 504
                    || status == 409
                    || answer.isThrottlingException()
                    || answer.isClockSkewException()
                    || code.equals("RequestTimeout");
            return new S3Failure(sentence(status, code, action, address), e, status, code, again);
        }
        if (e instanceof AbortedException || Thread.currentThread().isInterrupted()) {
            Thread.currentThread().interrupt();
            return new S3Failure(
                    "The " + action + " in " + address.describe() + " was interrupted", e, NO_STATUS, "", false);
        }
        IOException io = ioCause(e);
        if (io == null) {
            return new S3Failure(
                    "The " + action + " in " + address.describe() + " could not be sent: " + e.getMessage(),
                    e,
                    NO_STATUS,
                    "",
                    false);
        }
        return new S3Failure(
                "No answer from " + address.server() + " to the " + action + " in " + address.describe() + " ("
                        + io.getClass().getSimpleName() + ": " + io.getMessage()
                        + "); check the network and the endpoint and region of the replica URL",
                e,
                NO_STATUS,
                "",
                true);
    }

    int status() {
        return status;
    }

    boolean isMissingObject() {
        return status == 404 && !code.equals("NoSuchBucket");
    }

    /** Another write of the same name was there before, or is under way. */
    boolean isConflict() {
        return status == 412 || status == 409;
    }

    boolean isWorthAnotherTry() {
        return worthAnotherTry;
    }

    private static String sentence(int status, String code, String action, S3Address address) {
        String where = address.describe();
        String answer = status + (code.isEmpty() ? "" : " " + code);
        if (code.equals("NoSuchBucket")) {
            return "The bucket " + address.bucket() + " of " + where + " does not exist on " + address.server()
                    + "; create it or correct the replica URL";
        }
        if (code.equals("RequestTimeTooSkewed")) {
            return "The clock of this machine is too far from that of " + address.server() + ", which refused the "
                    + action + " in " + where + " (" + answer + "); synchronise the clock";
        }
        if (EXPIRED_KEYS.contains(code)) {
            return "The credentials for " + where + " have expired (" + answer + "), so the " + action
                    + " was refused; renew the session, or let a role or a profile provide credentials that renew"
                    + " themselves";
        }
        if (TOO_MANY_REQUESTS.contains(code) || status == 429) {
            return "The " + action + " in " + where + " was put off too often: " + address.server()
                    + " asks for fewer requests (answered " + answer
                    + "); it is tried again with longer pauses. If it lasts, raise sync-interval or give the database"
                    + " a prefix or bucket of its own";
        }
        if (WRONG_KEYS.contains(code)) {
            return "The credentials for " + where + " were refused (" + answer
                    + "); correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile or the role";
        }
        if (WRONG_REGION.contains(code) || status == 301) {
            return "The bucket " + address.bucket() + " of " + where + " is not in region " + address.region() + " ("
                    + answer + "); correct the option region of the replica URL";
        }
        if (status == 401 || status == 403) {
            return "Access was denied to the " + action + " in " + where + " (" + answer + "); check the credentials"
                    + " and grant s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket";
        }
        if (status == 404) {
            return "There is nothing for the " + action + " in " + where + " (" + answer + ")";
        }
        return "The " + action + " in " + where + " failed: " + address.server() + " answered " + answer
                + (status >= 500 ? "; if it lasts, check the service" : "");
    }

    private static IOException ioCause(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException io) {
                return io;
            }
        }
        return null;
    }
}
