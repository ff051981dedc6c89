/**
 * The command line: {@code java -jar spindrift-cli.jar restore|list|verify|status}.
 *
 * <p>Start at {@link io.spindrift.cli.Main}. The library that parses the arguments is in the command line's jar only.
 */
package io.spindrift.cli;
