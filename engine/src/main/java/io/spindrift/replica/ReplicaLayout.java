package io.spindrift.replica;

/** How the folders of the log's levels are named; both forms are Litestream's. */
public enum ReplicaLayout {
    /** On object stores: {@code 0000/}, {@code 0009/}. */
    OBJECT_STORE {
        @Override
        public String levelPrefix(int level) {
            return String.format("%04x/", level);
        }
    },
    /** On file systems: {@code ltx/0/}, {@code ltx/9/}. */
    FILE_SYSTEM {
        @Override
        public String levelPrefix(int level) {
            return "ltx/" + level + "/";
        }
    };

    /** The folder of a level, relative to the root, with its final slash. */
    public abstract String levelPrefix(int level);
}
