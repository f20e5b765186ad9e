package sluice.avro;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import io.apicurio.registry.serde.avro.NonRecordContainer;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.connect.errors.DataException;
import sluice.registry.RegisteredSchema;

/** Decodes and encodes Avro bodies of one schema. Not thread-safe: the reader and its decoder are reused. */
public final class AvroCodec {
    private final Schema schema;
    private final GenericDatumReader<Object> reader;
    private BinaryDecoder decoder;

    /** Makes a codec of a schema that `of` has read, or of a part of one. */
    public AvroCodec(Schema schema) {
        this.schema = schema;
        reader = new GenericDatumReader<>(schema);
    }

    /** Returns the codec of a registered schema; throws a DataException if it is of another type or not valid. */
    public static AvroCodec of(RegisteredSchema registered) {
        registered.requireType(RegisteredSchema.AVRO, "Avro");
        try {
            return new AvroCodec(FixedDecimals.name(new Schema.Parser().parse(registered.text())));
        } catch (SchemaParseException error) {
            throw new DataException("the schema with the id " + registered.id() + " cannot be read as Avro: "
                    + error.getMessage(), error);
        }
    }

    public Schema schema() {
        return schema;
    }

    /** Decodes `value` from `start` to its end; throws a DataException if bytes are missing, left over or invalid. */
    public Object decode(byte[] value, int start, int id) {
        decoder = DecoderFactory.get().binaryDecoder(value, start, value.length - start, decoder);
        try {
            Object datum = reader.read(null, decoder);
            if (!decoder.isEnd()) {
                throw new DataException(decoder.inputStream().available() + " bytes follow the end of the value, "
                        + "by the schema with the id " + id);
            }
            return datum;
        } catch (EOFException cut) {
            throw new DataException("the value is cut short: it ends before the schema with the id " + id + " does", cut);
        } catch (DataException error) {
            throw error;
        } catch (IOException | RuntimeException error) {
            throw new DataException("the value is not what the schema with the id " + id + " says: "
                    + error.getMessage(), error);
        }
    }

    /** Returns `header` followed by the datum, encoded with the datum's own schema. */
    static byte[] encode(GenericContainer datum, byte[] header) {
        Object value = datum instanceof NonRecordContainer container ? container.getValue() : datum;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(header);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        try {
            new GenericDatumWriter<>(datum.getSchema()).write(value, encoder);
        } catch (IOException impossible) { // The output is in memory.
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }
}
