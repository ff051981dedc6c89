package io.spindrift.inserver;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jboss.shrinkwrap.api.Filters;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.Asset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.EnterpriseArchive;
import org.jboss.shrinkwrap.api.spec.JavaArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** Builds the application the tests are in. */
final class ProbeApplication {
    private static final String BEANS = "<beans xmlns=\"https://jakarta.ee/xml/ns/jakartaee\" version=\"4.0\""
            + " bean-discovery-mode=\"annotated\"/>";

    private ProbeApplication() {}

    /** Named after the archive, because Arquillian calls its tests by the archive's name. */
    static WebArchive war() {
        return ShrinkWrap.create(WebArchive.class, "probe-web.war")
                .addClasses(
                        Note.class,
                        Notes.class,
                        NotesEjb.class,
                        Counter.class,
                        Counter.Rival.class,
                        Claims.class,
                        Contended.class)
                .addClasses(AdapterInTheServer.class)
                .addAsLibraries(jars(org.assertj.core.api.Assertions.class))
                .addAsWebInfResource(new StringAsset(BEANS), "beans.xml")
                .addAsResource(new StringAsset(Contended.CONFIGURATION), "META-INF/microprofile-config.properties")
                .addAsResource("in-server/persistence.xml", "META-INF/persistence.xml");
    }

    /** The application with the libraries of the sample, and without the adapter. */
    static EnterpriseArchive ear(WebArchive war) {
        EnterpriseArchive sample = ShrinkWrap.create(ZipImporter.class, "sample.ear")
                .importFrom(new File(System.getProperty("ledger.application")))
                .as(EnterpriseArchive.class);
        return ShrinkWrap.create(EnterpriseArchive.class, "probe.ear")
                .merge(sample, Filters.include("/lib/.*"))
                .addAsModule(war);
    }

    /** The adapter with its databases named in its descriptor: an embedded one has no place in server.xml for them. */
    static JavaArchive adapter(String databases) {
        JavaArchive adapter = ShrinkWrap.create(ZipImporter.class, "spindrift.rar")
                .importFrom(new File(System.getProperty("ledger.adapter")))
                .as(JavaArchive.class);
        String descriptor = read(adapter.get("META-INF/ra.xml").getAsset());
        String property = "<config-property-name>databases</config-property-name>";
        int type = descriptor.indexOf("</config-property-type>", descriptor.indexOf(property));
        int end = type + "</config-property-type>".length();
        return adapter.add(
                new StringAsset(descriptor.substring(0, end) + "<config-property-value>" + databases
                        + "</config-property-value>" + descriptor.substring(end)),
                "META-INF/ra.xml");
    }

    private static String read(Asset asset) {
        try (InputStream stream = asset.openStream()) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The archives those classes come from. */
    static File[] jars(Class<?>... classes) {
        return Stream.of(classes).map(ProbeApplication::jar).distinct().toArray(File[]::new);
    }

    private static File jar(Class<?> type) {
        try {
            File file = new File(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
            if (file.isFile()) {
                return file;
            }
            throw new IllegalStateException(type + " is in the folder " + file + "; run this after the package phase");
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
