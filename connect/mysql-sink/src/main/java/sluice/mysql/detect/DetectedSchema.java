package sluice.mysql.detect;

import io.apicurio.registry.utils.converter.avro.AvroData;
import org.apache.avro.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import sluice.avro.AvroCodec;
import sluice.protobuf.ProtobufDecoder;
import sluice.protobuf.schema.ProtobufSchema;
import sluice.registry.WireFormat;

/** A schema of the registry, and how its values are decoded for Connect. */
interface DetectedSchema {
    /**
     * Returns Connect's schema of the values; null if only a value tells which of several it is. Throws a DataException
     * for a schema that Connect cannot express.
     */
    org.apache.kafka.connect.data.Schema connect();

    /** Decodes a whole value, with its header; throws a DataException if that cannot be done. */
    SchemaAndValue decode(byte[] value);

    /** A schema in Avro. */
    final class Avro implements DetectedSchema {
        private final int id;
        private final AvroCodec codec;
        private final AvroData data;

        Avro(int id, AvroCodec codec, AvroData data) {
            this.id = id;
            this.codec = codec;
            this.data = data;
        }

        int id() {
            return id;
        }

        Schema avro() {
            return codec.schema();
        }

        /** Returns true if its values are records, which AvroValueEncoder encodes. */
        boolean isRecord() {
            return avro().getType() == Schema.Type.RECORD;
        }

        @Override
        public org.apache.kafka.connect.data.Schema connect() {
            return data.toConnectSchema(avro());
        }

        @Override
        public SchemaAndValue decode(byte[] value) {
            Object datum = codec.decode(value, WireFormat.HEADER_BYTES, id);
            try {
                return data.toConnectData(avro(), datum);
            } catch (DataException error) {
                throw error;
            } catch (RuntimeException error) { // AvroData's too, for a decimal of no bytes
                throw new DataException("the value is not what the schema with the id " + id + " says: "
                        + error.getMessage(), error);
            }
        }
    }

    /** A schema in Protobuf. */
    record Protobuf(int id, ProtobufSchema schema, ProtobufDecoder decoder) implements DetectedSchema {
        @Override
        public org.apache.kafka.connect.data.Schema connect() {
            return decoder.schemaOfOnlyMessage(schema);
        }

        @Override
        public SchemaAndValue decode(byte[] value) {
            return decoder.decode(value, schema);
        }
    }
}
