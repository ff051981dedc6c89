/**
 * What teaches a Jakarta Persistence provider SQLite.
 *
 * <p>Start at {@code SQLitePlatform}, which an EclipseLink unit names in {@code eclipselink.target-database};
 * {@link io.spindrift.jpa.IsoText} says how dates and times are stored.
 */
package io.spindrift.jpa;
