package io.spindrift.testing;

import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/** The first code of a {@link ChildJvm}: makes it die with its parent, then runs the class it was started for. */
final class ChildMain {
    private static final int ORPHANED = 86;

    private ChildMain() {}

    public static void main(String[] arguments) throws Throwable {
        ProcessHandle.of(Long.parseLong(arguments[0]))
                .ifPresentOrElse(
                        parent -> parent.onExit()
                                .thenRun(() -> Runtime.getRuntime().halt(ORPHANED)),
                        () -> Runtime.getRuntime().halt(ORPHANED));
        String[] rest = Arrays.copyOfRange(arguments, 2, arguments.length);
        var main = Class.forName(arguments[1]).getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        try {
            main.invoke(null, (Object) rest);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
