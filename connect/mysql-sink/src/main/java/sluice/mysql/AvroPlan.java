package sluice.mysql;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.kafka.connect.data.Field;

/** Plans how values of an Avro record become rows of a table. */
final class AvroPlan {
    private AvroPlan() { }

    /**
     * Returns the encoder of values of a schema. Throws what RowPlan throws if fields and columns do not match, and a
     * DataException for a schema that Connect cannot express.
     */
    static AvroValueEncoder of(DetectedSchema.Avro schema, TableColumns table, RecordSettings settings) {
        RowPlan plan = RowPlan.of(schema.connect(), table, settings);
        List<Field> connect = schema.connect().fields();
        List<AvroField> fields = new ArrayList<>();
        for (Schema.Field field : schema.avro().getFields()) {
            fields.add(new AvroField(field, connect.get(field.pos()).schema(), plan.columns().get(field.pos())));
        }
        return new AvroValueEncoder(schema.id(), plan, fields);
    }
}
