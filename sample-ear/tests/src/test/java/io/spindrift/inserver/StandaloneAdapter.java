package io.spindrift.inserver;

import org.junit.jupiter.api.extension.ExtendWith;

/** The adapter as the README deploys it; {@link TestServlet} runs this in the server. */
@ExtendWith(CdiInjection.class)
class StandaloneAdapter extends AdapterInTheServer {}
