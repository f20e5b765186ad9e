package sluice.mysql.avro;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import sluice.avro.AvroInput;
import sluice.avro.AvroShape;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.column.JsonElement;
import sluice.mysql.text.JsonWriter;

/**
 * Writes records, arrays and maps as JSON documents from Avro's bytes, as JsonPlan does from structs: a map's keys are
 * sorted, and of equal keys the last one counts.
 */
final class AvroJson {
    private static final String DEBEZIUM = "io.debezium.";

    private AvroJson() { }

    /** Returns the writer of a nested schema into a column, or into a document that is being written; or null. */
    static AvroWriter of(Schema avro, org.apache.kafka.connect.data.Schema connect, ColumnFormat column) {
        if (column instanceof JsonElement element) {
            return inside(avro, connect, element);
        }
        JsonWriter json = new JsonWriter();
        AvroWriter document = inside(avro, connect, new JsonElement(column.column(), json));
        return document == null ? null : (in, row) -> {
            json.reset();
            document.write(in, row);
            column.writeJson(json.bytes(), 0, json.size(), row);
        };
    }

    private static AvroWriter inside(Schema avro, org.apache.kafka.connect.data.Schema connect, JsonElement element) {
        return switch (avro.getType()) {
            case RECORD -> ofRecord(avro.getFields(), connect, element);
            case ARRAY -> ofArray(avro.getElementType(), connect, element);
            default -> ofMap(avro.getValueType(), connect, element);
        };
    }

    private static AvroWriter ofRecord(List<Schema.Field> fields, org.apache.kafka.connect.data.Schema connect,
                                       JsonElement element) {
        if (connect.name() != null && connect.name().startsWith(DEBEZIUM)) {
            return null;
        }
        AvroWriter[] writers = new AvroWriter[fields.size()];
        for (int index = 0; index < writers.length; index++) {
            writers[index] = AvroWriter.of(fields.get(index).schema(), connect.fields().get(index).schema(), element);
            if (writers[index] == null) {
                return null;
            }
        }
        return (in, row) -> {
            element.json().beginObject();
            for (int index = 0; index < writers.length; index++) {
                element.json().name(fields.get(index).name());
                writers[index].write(in, row);
            }
            element.json().endObject();
        };
    }

    private static AvroWriter ofArray(Schema items, org.apache.kafka.connect.data.Schema connect, JsonElement element) {
        if (connect.type() != org.apache.kafka.connect.data.Schema.Type.ARRAY) { // A map: an array of its entries
            return null;
        }
        AvroWriter item = AvroWriter.of(items, connect.valueSchema(), element);
        int least = AvroShape.of(items).minBytes();
        return item == null ? null : (in, row) -> {
            element.json().beginArray();
            for (long count = in.readBlock(least); count != 0; count = in.readBlock(least)) {
                for (long index = 0; index < count; index++) {
                    item.write(in, row);
                }
            }
            element.json().endArray();
        };
    }

    private static AvroWriter ofMap(Schema values, org.apache.kafka.connect.data.Schema connect, JsonElement element) {
        AvroWriter value = AvroWriter.of(values, connect.valueSchema(), element);
        AvroShape shape = AvroShape.of(values);
        return value == null ? null : (in, row) -> {
            Map<String, Integer> positions = readPositions(in, shape);
            int end = in.position();
            element.json().beginObject();
            positions.forEach((key, position) -> {
                element.json().name(key);
                in.moveTo(position);
                value.write(in, row);
            });
            element.json().endObject();
            in.moveTo(end);
        };
    }

    /** Returns the keys of a map and where their values begin, and moves to the map's end. */
    private static Map<String, Integer> readPositions(AvroInput in, AvroShape values) {
        Map<String, Integer> positions = new TreeMap<>();
        int least = 1 + values.minBytes();
        for (long count = in.readBlock(least); count != 0; count = in.readBlock(least)) {
            for (long index = 0; index < count; index++) {
                String key = in.readString();
                positions.put(key, in.position());
                values.skip(in);
            }
        }
        return positions;
    }
}
