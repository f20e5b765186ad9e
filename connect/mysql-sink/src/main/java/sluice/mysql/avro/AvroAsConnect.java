package sluice.mysql.avro;

import io.apicurio.registry.utils.converter.avro.AvroData;
import io.apicurio.registry.utils.converter.avro.AvroDataConfig;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import sluice.avro.AvroCodec;
import sluice.avro.AvroInput;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.encode.ValueWriter;
import sluice.mysql.text.RowBuffer;

/** Writes what no other AvroWriter does, in the way of AvroConverter: decodes the field for Connect. */
final class AvroAsConnect implements AvroWriter {
    private final AvroCodec codec;
    private final AvroData data = new AvroData(new AvroDataConfig(Map.of()));
    private final ValueWriter writer;
    private final ColumnFormat column;

    AvroAsConnect(Schema avro, org.apache.kafka.connect.data.Schema connect, ColumnFormat column) {
        codec = new AvroCodec(avro);
        writer = ValueWriter.of(connect, column);
        this.column = column;
    }

    @Override
    public void write(AvroInput in, RowBuffer row) {
        Object datum = codec.decodeNext(in);
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
