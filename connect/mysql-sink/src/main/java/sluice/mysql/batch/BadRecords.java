package sluice.mysql.batch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import sluice.sink.BadRecord;
import sluice.sink.DeadLetters;
import sluice.sink.NextOffsets;
import sluice.sink.RefusedException;

/** Bad records of a batch, until they are dead letters. */
public final class BadRecords {
    private record Position(TopicPartition partition, long offset) {
        static Position of(BadRecord bad) {
            return new Position(NextOffsets.partition(bad.record()), bad.record().originalKafkaOffset());
        }
    }

    private record Suspect(SinkRecord record, String table, ConnectException reason) { }

    private final DeadLetters deadLetters;
    private final Set<SinkRecord> known = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<BadRecord> bad = new ArrayList<>();
    private final List<Suspect> suspects = new ArrayList<>();
    /** Dead letters of a batch that may be tried again, which are written already. */
    private final Set<Position> reported = new HashSet<>();
    private long count;

    public BadRecords(DeadLetters deadLetters) {
        this.deadLetters = deadLetters;
    }

    /** Returns whether bad records can be set aside; otherwise the task must stop at one. */
    boolean canBeSetAside() {
        return deadLetters.available();
    }

    boolean contains(SinkRecord record) {
        return !known.isEmpty() && known.contains(record);
    }

    /** Takes a bad record. Without a dead letter queue it throws the exception that stops the task. */
    void add(SinkRecord record, DataException reason) {
        BadRecord one = new BadRecord(record, reason);
        if (!canBeSetAside()) {
            throw DeadLetters.refusal(one);
        }
        if (known.add(record)) {
            bad.add(one);
        }
    }

    /**
     * Takes a record that the database refuses with an error which may be the record's or not: it is bad if others of
     * its table can be written, otherwise the task stops.
     */
    void suspect(SinkRecord record, String table, ConnectException reason) {
        if (!canBeSetAside()) {
            throw new ConnectException(BadRecord.describe(record) + ": " + reason.getMessage(), reason);
        }
        if (known.add(record)) {
            suspects.add(new Suspect(record, table, reason));
        }
    }

    /**
     * Writes what was taken to the dead letter queue and waits for it.
     *
     * @param written tables that records of the batch were written to
     */
    void settle(Set<String> written) {
        for (Suspect suspect : suspects) {
            if (!written.contains(suspect.table)) {
                throw new RefusedException(BadRecord.describe(suspect.record) + ": " + suspect.reason.getMessage()
                        + ". As nothing else could be written to table " + suspect.table + ", it may not be the "
                        + "record's fault.", suspect.reason);
            }
            bad.add(new BadRecord(suspect.record, new DataException(suspect.reason.getMessage(), suspect.reason)));
        }
        suspects.clear();
        bad.removeIf(one -> reported.contains(Position.of(one)));
        if (!bad.isEmpty()) {
            deadLetters.report(bad);
            count += bad.size();
            bad.forEach(one -> reported.add(Position.of(one)));
            bad.clear();
        }
    }

    /** Forgets what was not settled: the batch will come again. */
    void retry() {
        known.clear();
        bad.clear();
        suspects.clear();
    }

    /** Forgets the batch, which is done. */
    void finish() {
        retry();
        reported.clear();
    }

    /** Returns how many dead letters were written. */
    public long count() {
        return count;
    }
}
