package sluice.mysql.encode;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Struct;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.column.JsonElement;
import sluice.mysql.text.JsonWriter;
import sluice.mysql.text.RowBuffer;
import sluice.mysql.text.Utf8;

/** Writes values that have no schema, by their Java type: what JsonConverter gives without schemas. Not thread-safe. */
final class DynamicValue {
    private static final int MILLISECONDS = 1_000;
    private static final int NANOSECONDS_PER_MILLISECOND = 1_000_000;

    private final Utf8 utf8 = new Utf8();

    void write(Object value, ColumnFormat column, RowBuffer row) {
        if (value == null) {
            column.writeNull(row);
        } else if (value instanceof String text) {
            int length = utf8.encode(text);
            column.writeText(utf8.bytes(), 0, length, row);
        } else if (value instanceof Boolean bool) {
            column.writeBoolean(bool, row);
        } else if (value instanceof Number number) {
            writeNumber(number, column, row);
        } else if (value instanceof byte[] || value instanceof ByteBuffer) {
            byte[] bytes = ValueWriter.bytes(value);
            column.writeBytes(bytes, 0, bytes.length, row);
        } else if (value instanceof Date date) {
            long milliseconds = date.getTime();
            column.writeTimestamp(Math.floorDiv(milliseconds, MILLISECONDS),
                    Math.floorMod(milliseconds, MILLISECONDS) * NANOSECONDS_PER_MILLISECOND, row);
        } else {
            writeNested(value, column, row);
        }
    }

    private static void writeNumber(Number number, ColumnFormat column, RowBuffer row) {
        if (number instanceof Double) {
            column.writeDouble(number.doubleValue(), row);
        } else if (number instanceof Float) {
            column.writeFloat(number.floatValue(), row);
        } else if (number instanceof BigDecimal decimal) {
            column.writeDecimal(decimal, row);
        } else if (number instanceof BigInteger whole) {
            column.writeDecimal(new BigDecimal(whole), row);
        } else {
            column.writeLong(number.longValue(), row);
        }
    }

    private void writeNested(Object value, ColumnFormat column, RowBuffer row) {
        if (column instanceof JsonElement element) {
            writeElement(value, element, row);
        } else {
            JsonWriter json = new JsonWriter();
            writeElement(value, new JsonElement(column.column(), json), row);
            column.writeJson(json.bytes(), 0, json.size(), row);
        }
    }

    private void writeElement(Object value, JsonElement element, RowBuffer row) {
        JsonWriter json = element.json();
        if (value instanceof Map<?, ?> map) {
            json.beginObject();
            JsonPlan.sorted(map, element).forEach((name, one) -> {
                json.name(name);
                write(one, element, row);
            });
            json.endObject();
        } else if (value instanceof List<?> list) {
            json.beginArray();
            list.forEach(one -> write(one, element, row));
            json.endArray();
        } else if (value instanceof Struct struct) {
            ValueWriter.of(struct.schema(), element).write(struct, row);
        } else {
            throw element.cannotHold(value, "a " + value.getClass().getName() + " is no value of Connect");
        }
    }
}
