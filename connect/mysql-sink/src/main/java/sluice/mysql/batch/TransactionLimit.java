package sluice.mysql.batch;

import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sluice.mysql.database.DatabaseErrors;

/**
 * How many records one transaction takes: half as many after one that was too much, then slowly more again. A connection
 * that is lost in transaction after transaction counts as too much as well: so the one record by which a server dies is
 * found, and all before it are written.
 */
final class TransactionLimit {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionLimit.class);
    private static final int GROWTH_SHIFT = 3;

    /** Connections lost in a row after which a record may be the reason; most outages let none be opened meanwhile. */
    private static final int MAX_LOST = 5;

    private int limit = Integer.MAX_VALUE;
    private int lost;

    /** Returns where a transaction ends that begins at `from`, and `to` at most. */
    int end(int from, int to) {
        return to - from > limit ? from + limit : to;
    }

    /**
     * Takes the error of a transaction with so many records; it would be the same again with as many.
     *
     * @param connected whether there was a connection when it began
     */
    void failed(SQLException error, int records, boolean connected) {
        lost = connected && DatabaseErrors.connectionLost(error) ? lost + 1 : 0;
        if ((DatabaseErrors.tooMuch(error) || lost > MAX_LOST) && records > 1) {
            limit = records / 2;
            LOG.warn("{} records are too much for one transaction, trying {}: {}", records, limit,
                    DatabaseErrors.text(error));
        }
    }

    /** Returns whether transactions were made smaller. */
    boolean reduced() {
        return limit < Integer.MAX_VALUE;
    }

    /** A batch is written, in as many transactions as it takes. */
    void succeeded() {
        lost = 0;
        int more = limit + Math.max(1, limit >> GROWTH_SHIFT);
        limit = more < limit ? Integer.MAX_VALUE : more;
    }
}
