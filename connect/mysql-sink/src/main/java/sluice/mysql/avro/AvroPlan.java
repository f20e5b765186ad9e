package sluice.mysql.avro;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.kafka.connect.data.Field;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.encode.RowPlan;
import sluice.mysql.encode.TableColumns;

/** Plans how values of an Avro record become rows of a table. */
public final class AvroPlan {
    private AvroPlan() { }

    /**
     * Returns the encoder of values of a schema, given its id and what it is for Connect. Throws what RowPlan throws if
     * fields and columns do not match.
     */
    public static AvroValueEncoder of(int id, Schema schema, org.apache.kafka.connect.data.Schema connect,
                                      TableColumns table, RecordSettings settings) {
        RowPlan plan = RowPlan.of(connect, table, settings);
        List<Field> connectFields = connect.fields();
        List<AvroField> fields = new ArrayList<>();
        for (Schema.Field field : schema.getFields()) {
            int at = field.pos();
            fields.add(new AvroField(field, connectFields.get(at).schema(), plan.columns().get(at)));
        }
        return new AvroValueEncoder(id, plan, fields);
    }
}
