package sluice.mysql.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Rows of a batch as text that LOAD DATA reads: fields end with a tab, rows with a newline, \N is NULL.
 *
 * <p>A field's text is also the inside of an SQL string in single quotes, so that the same bytes serve a statement with
 * many rows: besides LOAD DATA's own specials the single quote is escaped.
 */
public final class RowBuffer {
    private static final int INITIAL_BYTES = 1 << 16;
    /** A larger buffer is given back when a batch needed less than a quarter of it: each topic has one. */
    private static final int KEPT_BYTES = 8 << 20;

    private byte[] bytes = new byte[INITIAL_BYTES];
    private int size;

    public byte[] bytes() {
        return bytes;
    }

    /** Returns the number of bytes written. */
    public int size() {
        return size;
    }

    /** Removes everything. */
    public void clear() {
        if (bytes.length > KEPT_BYTES && size < bytes.length / 4) {
            bytes = new byte[INITIAL_BYTES];
        }
        size = 0;
    }

    /** Removes everything from `position` on: a record that turned out to be bad. */
    public void truncate(int position) {
        size = position;
    }

    /** Removes what is from `start` to `end`; what comes after moves up. */
    public void remove(int start, int end) {
        System.arraycopy(bytes, end, bytes, start, size - end);
        size -= end - start;
    }

    /** Makes room for `count` more bytes and returns the position of the first; the caller calls `advance`. */
    public int reserve(int count) {
        if (bytes.length - size < count) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, count), Math.multiplyExact(bytes.length, 2)));
        }
        return size;
    }

    public void advance(int count) {
        size += count;
    }

    public void separator() {
        put((byte) '\t');
    }

    public void endRow() {
        put((byte) '\n');
    }

    public void nullValue() {
        ascii("\\N");
    }

    /** Writes text of ASCII characters that need no escape, such as a number or a date. */
    @SuppressWarnings("deprecation")
    public void ascii(String text) {
        int at = reserve(text.length());
        text.getBytes(0, text.length(), bytes, at);
        advance(text.length());
    }

    /** Writes UTF-8 text, escaped. */
    public void text(byte[] utf8, int start, int length) {
        int at = reserve(2 * length);
        for (int index = start; index < start + length; index++) {
            byte escaped = escape(utf8[index]);
            if (escaped != 0) {
                bytes[at++] = '\\';
                bytes[at++] = escaped;
            } else {
                bytes[at++] = utf8[index];
            }
        }
        size = at;
    }

    void text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        text(utf8, 0, utf8.length);
    }

    private static byte escape(byte one) {
        switch (one) {
            case 0: return '0';
            case '\t': return 't';
            case '\n': return 'n';
            case '\r': return 'r';
            case '\\': return '\\';
            case '\'': return '\'';
            default: return 0;
        }
    }

    private void put(byte one) {
        reserve(1);
        bytes[size++] = one;
    }
}
