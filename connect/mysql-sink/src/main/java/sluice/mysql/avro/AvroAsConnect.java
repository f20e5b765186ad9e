package sluice.mysql.avro;

import io.apicurio.registry.utils.converter.avro.AvroData;
import io.apicurio.registry.utils.converter.avro.AvroDataConfig;
import java.util.Arrays;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import sluice.avro.AvroCodec;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.encode.ValueWriter;
import sluice.mysql.text.RowBuffer;

/** Writes what no other AvroWriter does, in the way of AvroConverter: decodes the field for Connect. */
final class AvroAsConnect implements AvroWriter {
    private final AvroCodec codec;
    private final AvroData data = new AvroData(new AvroDataConfig(Map.of()));
    private final AvroShape shape;
    private final ValueWriter writer;
    private final ColumnFormat column;

    AvroAsConnect(Schema avro, org.apache.kafka.connect.data.Schema connect, ColumnFormat column) {
        codec = new AvroCodec(avro);
        shape = AvroShape.of(avro);
        writer = ValueWriter.of(connect, column);
        this.column = column;
    }

    @Override
    public void write(AvroInput in, RowBuffer row) {
        int start = in.position();
        shape.skip(in); // Afterwards its lengths are known to be good: Avro's reader allocates what they say.
        Object datum = codec.decode(Arrays.copyOfRange(in.bytes(), start, in.position()), 0, in.schemaId());
        SchemaAndValue value;
        try {
            value = data.toConnectData(codec.schema(), datum);
        } catch (DataException error) {
            throw error;
        } catch (RuntimeException error) { // AvroData's too, for a decimal of no bytes
            throw in.invalid(error.getMessage());
        }
        if (value == null || value.value() == null) {
            column.writeNull(row);
        } else {
            writer.write(value.value(), row);
        }
    }
}
