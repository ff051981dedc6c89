/**
 * The resource adapter: databases of the engine as {@code javax.sql.DataSource}s of a Jakarta EE server, with its
 * transactions and its pool.
 *
 * <p>Start at {@link io.spindrift.rar.SpindriftResourceAdapter}, which opens the databases when the server starts, and
 * {@link io.spindrift.rar.SpindriftManagedConnectionFactory}, which connects to one of them.
 *
 * <p><b>Threads.</b> The adapter has none of its own. {@code start()} gives every database one task of the server's
 * managed executor, which lasts as long as the database is open and submits shorter ones; all of them run with the
 * adapter's class loader as context class loader. Connections and applications submit nothing: a task belongs to the
 * component that submits it and dies with it. In {@code stop()} managed executors refuse work, so what is left is shipped
 * by the tasks that still run and by the thread that called it.
 */
package io.spindrift.rar;
