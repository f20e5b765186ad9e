package sluice.avro;

import java.io.ByteArrayOutputStream;
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
    private final AvroShape shape;
    private final GenericDatumReader<Object> reader;
    private BinaryDecoder decoder;

    /** Makes a codec of a schema that `of` has read, or of a part of one. */
    public AvroCodec(Schema schema) {
        this.schema = schema;
        shape = AvroShape.of(schema);
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
        AvroInput in = new AvroInput(id);
        in.reset(value, start);
        shape.skip(in);
        in.end();
        return read(in, start);
    }

    /** Decodes the value that is next in `in` and moves to its end; throws a DataException as decode() does. */
    public Object decodeNext(AvroInput in) {
        int start = in.position();
        shape.skip(in);
        return read(in, start);
    }

    /** Reads the value from `start` to the position of `in`, whose lengths have been checked: Avro allocates them. */
    private Object read(AvroInput in, int start) {
        decoder = DecoderFactory.get().binaryDecoder(in.bytes(), start, in.position() - start, decoder);
        try {
            return reader.read(null, decoder);
        } catch (IOException | RuntimeException error) {
            throw in.invalid(error.getMessage());
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
