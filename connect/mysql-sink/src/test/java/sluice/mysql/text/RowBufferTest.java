package sluice.mysql.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Memory of a buffer. */
class RowBufferTest {
    private static final int LARGE = 40 << 20;

    @Test
    void memoryOfALargeBatchIsGivenBackAfterASmallOne() {
        RowBuffer rows = new RowBuffer();
        rows.advance(LARGE - rows.reserve(LARGE));
        rows.clear();
        byte[] large = rows.bytes();
        assertTrue(large.length >= LARGE); // The next batch may be as large.
        rows.ascii("1");
        rows.clear();
        assertTrue(rows.bytes().length < LARGE / 4);
        rows.ascii("1");
        byte[] small = rows.bytes();
        rows.clear();
        assertSame(small, rows.bytes());
        assertEquals(0, rows.size());
    }
}
