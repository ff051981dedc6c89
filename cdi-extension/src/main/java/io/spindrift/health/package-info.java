/**
 * MicroProfile Health checks over every database that is open in the server. They are found by the health feature; a
 * server without it deploys the application without them.
 */
package io.spindrift.health;
