package sluice.registry;

/**
 * How far a registry has read its journal, by the highest id that it knows. Ids are given in the order of the journal,
 * so the number rises while the registry reads it. Not thread-safe.
 */
final class HighestId {
    /**
     * How far behind the last one an id is looked for: deleted schemas leave gaps. Fibonacci numbers: every number up to
     * 13 divides one of them, so that gaps which repeat after as many ids do not hide all that follows.
     */
    private static final int[] STEPS = {
        28_657, 17_711, 10_946, 6_765, 4_181, 2_584, 1_597, 987, 610, 377, 233, 144, 89, 55, 34, 21, 13, 8, 5, 3, 2, 1};

    private final RegistryClient registry;
    private int value;
    private boolean asked;

    HighestId(RegistryClient registry) {
        this.registry = registry;
    }

    /** Returns the highest id that was found, or the one that hasRisen() was given; 0 if there is none. */
    int value() {
        return value;
    }

    /**
     * Returns whether the registry knows more ids below `limit` than when it was asked last; false at first.
     *
     * @param known an id that the registry knew, or 0
     */
    boolean hasRisen(int known, int limit) throws RegistryUnavailableException, InterruptedException {
        if (value > known && registry.fetchSchema(value) == null) {
            value = 0; // The registry was started again, or the schema was deleted.
        }
        value = Math.max(value, known);
        int before = value;
        for (boolean higher = true; higher;) {
            higher = false;
            for (int step : STEPS) {
                if ((long) value + step < limit && registry.fetchSchema(value + step) != null) {
                    value += step;
                    higher = true;
                }
            }
        }
        boolean risen = asked && value > before;
        asked = true;
        return risen;
    }
}
