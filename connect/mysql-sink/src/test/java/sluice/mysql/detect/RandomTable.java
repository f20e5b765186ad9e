package sluice.mysql.detect;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import sluice.mysql.column.Column;
import sluice.mysql.column.TableDefinition;

/** Tables with a column for most fields of an Avro record, of a type that mostly takes the field's values. */
final class RandomTable {
    private static final List<Column> NUMBERS = List.of(
            type("bigint", 0, 0, 0), type("bigint unsigned", 0, 0, 0), type("int", 0, 0, 0), type("tinyint", 0, 0, 0),
            type("double", 0, 0, 0), type("float", 0, 0, 0), type("decimal", 0, 30, 4), type("decimal", 0, 38, 0),
            type("bit", 0, 64, 0), type("year", 0, 0, 0));
    private static final List<Column> TIMES = List.of(
            type("date", 0, 0, 0), type("time", 0, 0, 6), type("time", 0, 0, 0), type("datetime", 0, 0, 6),
            type("datetime", 0, 0, 0), type("timestamp", 0, 0, 3), type("bigint", 0, 0, 0));
    private static final List<Column> TEXTS = List.of(
            type("varchar", 400, 0, 0), type("varchar", 5, 0, 0), type("longtext", 4_294_967_295L, 0, 0),
            type("json", 0, 0, 0), type("longblob", 4_294_967_295L, 0, 0), type("enum('A','B')", 1, 0, 0));
    private static final List<Column> BYTES = List.of(
            type("varbinary", 400, 0, 0), type("longblob", 4_294_967_295L, 0, 0), type("binary", 4, 0, 0),
            type("decimal", 0, 38, 3), type("bit", 0, 64, 0));
    private static final List<Column> DOCUMENTS = List.of(
            type("json", 0, 0, 0), type("longtext", 4_294_967_295L, 0, 0));

    private final Random random;

    RandomTable(Random random) {
        this.random = random;
    }

    private static Column type(String type, long length, int precision, int scale) {
        String dataType = type.replaceAll("[ (].*", "");
        return new Column("", type, dataType, length, precision, scale, type.endsWith("unsigned"), true, true, false);
    }

    /** Returns a table with the primary key (f0, last field), if `keyOfValue`, or else an own column `id`. */
    TableDefinition of(Schema record, boolean keyOfValue) {
        List<Column> columns = new ArrayList<>();
        if (!keyOfValue) {
            columns.add(named("id", NUMBERS.get(0), false));
        }
        for (Schema.Field field : record.getFields()) {
            if (random.nextInt(60) > 0) {
                Column type = random.nextInt(8) == 0 ? any() : pick(fitting(field.schema()));
                columns.add(named(field.name(), type, random.nextInt(10) > 0));
            }
        }
        String last = record.getFields().get(record.getFields().size() - 1).name();
        List<String> key = !keyOfValue ? List.of("id") : last.equals("f0") ? List.of("f0") : List.of(last, "f0");
        return new TableDefinition("t", columns, key, null, false, "");
    }

    private static Column named(String name, Column type, boolean nullable) {
        return new Column(name, type.type(), type.dataType(), type.length(), type.precision(), type.scale(),
                type.unsigned(), nullable, nullable, false);
    }

    private List<Column> fitting(Schema schema) {
        boolean isTime = schema.getProp("logicalType") != null || schema.getProp("connect.name") != null;
        return switch (schema.getType()) {
            case BOOLEAN, FLOAT, DOUBLE -> NUMBERS;
            case INT, LONG -> isTime ? TIMES : NUMBERS;
            case STRING, ENUM -> TEXTS;
            case BYTES, FIXED -> BYTES;
            case UNION -> schema.getTypes().size() == 2 && schema.isNullable()
                    ? fitting(schema.getTypes().get(schema.getTypes().get(0).getType() == Schema.Type.NULL ? 1 : 0))
                    : DOCUMENTS;
            default -> DOCUMENTS;
        };
    }

    private Column any() {
        List<List<Column>> all = List.of(NUMBERS, TIMES, TEXTS, BYTES, DOCUMENTS);
        return pick(all.get(random.nextInt(all.size())));
    }

    private Column pick(List<Column> types) {
        return types.get(random.nextInt(types.size()));
    }
}
