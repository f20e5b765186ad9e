package sluice.protobuf.read;

import java.util.Locale;

/** What Connect's schemas of times count, as chosen by the setting timestamp.precision. */
public enum Precision {
    MILLIS(1_000_000),
    MICROS(1_000),
    NANOS(1);

    /** Nanoseconds of one unit */
    final int nanos;

    Precision(int nanos) {
        this.nanos = nanos;
    }

    public static Precision of(String setting) {
        return valueOf(setting.toUpperCase(Locale.ROOT));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
