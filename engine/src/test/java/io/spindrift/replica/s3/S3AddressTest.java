package io.spindrift.replica.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.replica.ReplicaStores;
import io.spindrift.replica.StoreException;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class S3AddressTest {
    @Test
    void readsBucketPrefixAndRegion() throws Exception {
        S3Address address =
                S3Address.parse(URI.create("s3://my-bucket/prod/eu?region=eu-central-1"), "databases/ledger");

        assertThat(address)
                .isEqualTo(new S3Address(
                        "my-bucket", "prod/eu/databases/ledger/", "eu-central-1", Optional.empty(), false));
        assertThat(address.describe()).isEqualTo("s3://my-bucket/prod/eu/databases/ledger");
    }

    @Test
    void takesTheBucketItselfAsRoot() throws Exception {
        assertThat(S3Address.parse(URI.create("s3://b?region=r"), "").prefix()).isEmpty();
        assertThat(S3Address.parse(URI.create("s3://b/?region=r"), "").prefix()).isEmpty();
        assertThat(S3Address.parse(URI.create("s3://b/p/?region=r"), "").prefix())
                .isEqualTo("p/");
    }

    @Test
    void defaultsToPathStyleAndARegionForAnEndpoint() throws Exception {
        S3Address address = S3Address.parse(URI.create("s3://b/p?endpoint=http://127.0.0.1:9000"), "");

        assertThat(address.endpoint()).contains(URI.create("http://127.0.0.1:9000"));
        assertThat(address.region()).isEqualTo("us-east-1");
        assertThat(address.pathStyle()).isTrue();
        assertThat(S3Address.parse(URI.create("s3://b?endpoint=https%3A%2F%2Fs3.example.com&path-style=false"), "")
                        .pathStyle())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            s3:///prefix?region=r                    | names no bucket
            s3://key:secret@bucket/p?region=r        | carries credentials
            s3://bucket:9000/p?region=r              | has a port
            s3://bucket/p#part                       | a fragment
            s3://bucket/p?region=r&force-path=true   | unknown option "force-path"
            s3://bucket/p?secret-key=hidden          | unknown option "secret-key"
            s3://bucket/p?region=                    | option region of the replica URL is empty
            s3://bucket/p?region=a&region=b          | appears twice
            s3://bucket/p?endpoint=ftp://host        | must be an address
            s3://bucket/p?endpoint=http://a:hidden@h | must be an address
            s3://bucket/p?region=r&path-style=yes    | must be true or false
            http://bucket/p                          | begins with s3: or file:
            """)
    void refusesWhatItCannotHonourAndRepeatsNoSecret(String url, String sentence) {
        assertThatThrownBy(() -> ReplicaStores.openRoot(URI.create(url)))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(sentence)
                .message()
                .doesNotContain("hidden", "secret@");
    }
}
