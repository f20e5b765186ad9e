package sluice.mysql.text;

import java.math.BigDecimal;
import org.apache.kafka.connect.errors.DataException;

/** Writes a JSON document, token by token, as UTF-8 into a buffer that is used again. */
public final class JsonWriter {
    /** More than the databases take: MySQL 100 levels, MariaDB 31. */
    private static final int MAX_DEPTH = 200;
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

    private final RowBuffer json;
    private final Utf8 utf8 = new Utf8();
    private boolean needsComma;
    private int depth;

    public JsonWriter() {
        json = new RowBuffer();
    }

    /** Begins a new document. */
    public void reset() {
        json.truncate(0);
        needsComma = false;
        depth = 0;
    }

    public byte[] bytes() {
        return json.bytes();
    }

    public int size() {
        return json.size();
    }

    public void beginObject() {
        begin('{');
    }

    public void endObject() {
        end('}');
    }

    public void beginArray() {
        begin('[');
    }

    public void endArray() {
        end(']');
    }

    public void name(String name) {
        text(name);
        put(':');
        needsComma = false;
    }

    public void nullValue() {
        value();
        json.ascii("null");
    }

    public void bool(boolean value) {
        value();
        json.ascii(Boolean.toString(value));
    }

    public void number(long value) {
        value();
        NumberText.write(value, json);
    }

    /** Writes a double with a point or an exponent, so that it stays one; throws a DataException for NaN. */
    public void number(double value) {
        checkFinite(value);
        value();
        json.ascii(Double.toString(value));
    }

    public void number(float value) {
        checkFinite(value);
        value();
        json.ascii(Float.toString(value));
    }

    private static void checkFinite(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw new DataException("JSON has no " + value);
        }
    }

    public void number(BigDecimal value) {
        value();
        json.ascii(value.toString());
    }

    /** Writes text of ASCII characters that need no escape. */
    public void asciiText(String text) {
        value();
        put('"');
        json.ascii(text);
        put('"');
    }

    void text(String text) {
        int length = utf8.encode(text);
        text(utf8.bytes(), 0, length);
    }

    public void text(byte[] bytes, int start, int length) {
        value();
        int at = json.reserve(Math.addExact(Math.multiplyExact(6, length), 2));
        byte[] out = json.bytes();
        int first = at;
        out[at++] = '"';
        for (int index = start; index < start + length; index++) {
            byte one = bytes[index];
            if (one == '"' || one == '\\') {
                out[at++] = '\\';
                out[at++] = one;
            } else if (one >= 0 && one < ' ') {
                out[at++] = '\\';
                out[at++] = 'u';
                out[at++] = '0';
                out[at++] = '0';
                out[at++] = HEX[one >> 4];
                out[at++] = HEX[one & 0xF];
            } else {
                out[at++] = one;
            }
        }
        out[at++] = '"';
        json.advance(at - first);
    }

    /** Writes a document within the document, as it is. */
    public void document(byte[] bytes, int start, int length) {
        value();
        int at = json.reserve(length); // Before bytes(): it may give the buffer another array.
        System.arraycopy(bytes, start, json.bytes(), at, length);
        json.advance(length);
    }

    /** Returns the buffer for a value of ASCII text in quotes, which the caller writes between two calls of this. */
    public RowBuffer quoted(boolean begin) {
        if (begin) {
            value();
        }
        put('"');
        return json;
    }


    private void begin(char bracket) {
        if (++depth > MAX_DEPTH) {
            throw new DataException("the value is nested deeper than " + MAX_DEPTH);
        }
        value();
        put(bracket);
        needsComma = false;
    }

    private void end(char bracket) {
        depth--;
        put(bracket);
        needsComma = true;
    }

    private void value() {
        if (needsComma) {
            put(',');
        }
        needsComma = true;
    }

    private void put(char one) {
        int at = json.reserve(1);
        json.bytes()[at] = (byte) one;
        json.advance(1);
    }
}
