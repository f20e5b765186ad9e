package sluice.protobuf.read;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.DataException;

/** Parameters of a field, which Confluent's converter keeps in the option (confluent.field_meta). */
final class FieldParameters {
    private static final String OPTION = "confluent.field_meta";
    private static final int PARAMS = 2;
    private static final int MAX_SCALE = 1_000;

    private FieldParameters() { }

    static Map<String, String> of(FieldDescriptor field) {
        Map<String, String> parameters = new HashMap<>();
        field.getOptions().getAllFields().forEach((option, value) -> {
            if (option.getFullName().equals(OPTION)) {
                Message meta = (Message) value;
                for (Object entry : (List<?>) meta.getField(meta.getDescriptorForType().findFieldByNumber(PARAMS))) {
                    Message pair = (Message) entry;
                    parameters.put(text(pair, 1), text(pair, 2));
                }
            }
        });
        return parameters;
    }

    private static String text(Message pair, int number) {
        return (String) pair.getField(pair.getDescriptorForType().findFieldByNumber(number));
    }

    /** Returns a decimal's scale; throws a DataException if it is none. */
    static int scale(FieldDescriptor field, String text) {
        try {
            int scale = Integer.parseInt(text);
            if (Math.abs(scale) <= MAX_SCALE) {
                return scale;
            }
        } catch (NumberFormatException error) {
            // Reported below.
        }
        throw new DataException("the field " + field.getFullName() + " declares the scale \"" + text
                + "\": not a whole number up to " + MAX_SCALE);
    }
}
