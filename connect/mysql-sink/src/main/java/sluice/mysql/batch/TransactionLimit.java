package sluice.mysql.batch;

import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sluice.mysql.database.DatabaseErrors;

/** How many records one transaction takes: half as many after one that was too much, then slowly more again. */
final class TransactionLimit {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionLimit.class);
    private static final int GROWTH_SHIFT = 3;

    private int limit = Integer.MAX_VALUE;

    /** Returns where a transaction ends that begins at `from`, and `to` at most. */
    int end(int from, int to) {
        return to - from > limit ? from + limit : to;
    }

    /** Takes the error of a transaction with so many records; it would be the same again with as many. */
    void failed(SQLException error, int records) {
        if (DatabaseErrors.tooMuch(error) && records > 1) {
            limit = records / 2;
            LOG.warn("{} records are too much for one transaction, trying {}: {}", records, limit,
                    DatabaseErrors.text(error));
        }
    }

    /** A batch is written, in as many transactions as it takes. */
    void succeeded() {
        int more = limit + Math.max(1, limit >> GROWTH_SHIFT);
        limit = more < limit ? Integer.MAX_VALUE : more;
    }
}
