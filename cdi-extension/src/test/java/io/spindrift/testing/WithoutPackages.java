package io.spindrift.testing;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** This class path in a class loader of its own that does not have some packages, as in a server without a feature. */
public final class WithoutPackages extends URLClassLoader {
    private final List<String> missing;

    /** @param missing beginnings of class names */
    public WithoutPackages(String... missing) {
        super(classPath(), ClassLoader.getPlatformClassLoader());
        this.missing = List.of(missing);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (missing.stream().anyMatch(name::startsWith)) {
            throw new ClassNotFoundException(name);
        }
        return super.loadClass(name, resolve);
    }

    /** Runs a task's class, as it is in this loader, with this loader as the thread's. */
    public void run(Class<? extends Runnable> task) throws ReflectiveOperationException, IOException {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(this);
        try (this) {
            Runnable here =
                    (Runnable) loadClass(task.getName()).getConstructor().newInstance();
            here.run();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static URL[] classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(WithoutPackages::url)
                .toArray(URL[]::new);
    }

    private static URL url(String element) {
        try {
            return Path.of(element).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }
}
