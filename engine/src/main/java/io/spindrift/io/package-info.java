/** Files that are whole or not there, and on disk when a method returns. */
package io.spindrift.io;
