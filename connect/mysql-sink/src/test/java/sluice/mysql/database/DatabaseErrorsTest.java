package sluice.mysql.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.database.DatabaseErrors.Kind;

/** What is an outage, what a person must change, what a record's fault. */
class DatabaseErrorsTest {
    private static Kind kind(int code, String state) {
        return DatabaseErrors.kind(new SQLException("text", state, code));
    }

    /** Disk full by the place of the file; the rest as in DatabaseErrors. All of them are HY000 for the server. */
    @ParameterizedTest
    @ValueSource(ints = {
        3, 20, 28, 1021, 1026, 1030, 1114, // disk full
        1036, 1290, 1792, 1836, // read-only
        1040, 1203, 1226, 3032, // too many connections, offline
        1205, 1213, 3572, // locks
        1016, 1194, 1812, 1932, // files of a table
        1053, 1317, 1927, 2013, 3169, // ended
        1835, 2027}) // no packet
    void outageIsNeverARecordsFault(int code) {
        assertEquals(Kind.RETRY, kind(code, "HY000"));
    }

    @ParameterizedTest
    @CsvSource({"1045, 28000", "1142, 42000", "1146, 42S02", "1049, 42000", "4151, HY000", "1820, HY000"})
    void whatAPersonMustChangeIsRefused(int code, String state) {
        assertEquals(Kind.REFUSED, kind(code, state));
    }

    @ParameterizedTest
    @CsvSource({"1062, 23000", "1264, 22003", "1406, 22001", "1153, 08S01", "4025, 23000", "1644, 45000"})
    void valueThatTheTableRefusesIsTheRecordsFault(int code, String state) {
        assertEquals(Kind.RECORD, kind(code, state));
    }

    @Test
    void otherErrorsDependOnOtherRecords() {
        assertEquals(Kind.UNKNOWN, kind(1105, "HY000"));
        assertEquals(Kind.RETRY, DatabaseErrors.kind(new SQLTimeoutException("no answer", "08000")));
        assertTrue(DatabaseErrors.connectionLost(new SQLException("killed", "70100", 1927)));
    }
}
