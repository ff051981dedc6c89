package io.spindrift.inserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.ledger.ServerFolders;
import java.nio.file.Path;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.Testable;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.EnterpriseArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The second way: the adapter inside the application. */
@ExtendWith({EmbeddedAdapterIT.ServerFolder.class, ArquillianExtension.class})
@Timeout(300)
class EmbeddedAdapterIT extends AdapterInTheServer {
    @Deployment
    static EnterpriseArchive application() {
        WebArchive war = ProbeApplication.war().addClasses(EmbeddedAdapterIT.class, ServerFolder.class);
        return ProbeApplication.ear(Testable.archiveToTest(war)).addAsModule(ProbeApplication.adapter("probe"));
    }

    /** Prepares the server's folder before Arquillian starts it, and looks at its log after the tests. */
    static final class ServerFolder implements BeforeAllCallback, AfterAllCallback {
        @Override
        public void beforeAll(ExtensionContext context) throws Exception {
            if (inTheServer()) {
                return;
            }
            Path usr = ServerFolders.empty("embedded");
            ServerFolders.configuration(usr.resolve("servers/embedded"), "/in-server/embedded.xml");
            System.setProperty("embedded.usr", usr.toString());
            System.setProperty("embedded.port", Integer.toString(ServerFolders.freePort()));
        }

        @Override
        public void afterAll(ExtensionContext context) {
            if (!inTheServer()) {
                Path log = Path.of(System.getProperty("embedded.usr"), "servers/embedded/logs/messages.log");
                assertThat(log).content().contains("CWWKF0012I").doesNotContain("CWWKF0001E");
            }
        }

        /** JUnit runs the extensions there too. */
        private static boolean inTheServer() {
            return System.getProperty("ledger.work") == null;
        }
    }
}
