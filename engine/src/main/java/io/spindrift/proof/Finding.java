package io.spindrift.proof;

/**
 * Something about a replica that is not as it has to be.
 *
 * @param object the object it is about, as an operator reads it: {@code 0/000000000000002a}, {@code manifest.json}
 * @param sentence what is wrong, and what to do
 */
public record Finding(String object, String sentence) {}
