package sluice.protobuf.write;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.DescriptorProto.ReservedRange;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;

/**
 * Numbers of a message's fields. A field that the message had before keeps its number; a new one gets a number that
 * none has had; the number and name of one that is gone are reserved, which registries ask for.
 */
final class FieldNumbers {
    /** Numbers that Protobuf keeps for itself */
    private static final int FIRST_FORBIDDEN = 19_000;
    private static final int LAST_FORBIDDEN = 19_999;

    private final Map<String, Integer> numbers = new HashMap<>();
    private final TreeSet<String> reservedNames = new TreeSet<>();
    private final List<String> reservedRanges = new ArrayList<>();

    /** `previous` is the message as it was before; null if there was none. */
    FieldNumbers(Schema schema, Descriptor previous) {
        int last = previous == null ? 0 : readPrevious(schema, previous);
        for (Field field : schema.fields()) {
            if (!numbers.containsKey(field.name())) {
                last = last + 1 == FIRST_FORBIDDEN ? LAST_FORBIDDEN + 1 : last + 1;
                numbers.put(field.name(), last);
            }
        }
    }

    /** Returns the highest number that was used. */
    private int readPrevious(Schema schema, Descriptor previous) {
        int last = 0;
        TreeSet<Integer> gone = new TreeSet<>();
        DescriptorProto proto = previous.toProto();
        reservedNames.addAll(proto.getReservedNameList());
        for (ReservedRange range : proto.getReservedRangeList()) {
            int end = range.getEnd() - 1;
            last = Math.max(last, end);
            reservedRanges.add(range.getStart() == end ? Integer.toString(end) : range.getStart() + " to " + end);
        }
        for (FieldDescriptor field : previous.getFields()) {
            last = Math.max(last, field.getNumber());
            if (schema.field(field.getName()) != null) {
                numbers.put(field.getName(), field.getNumber());
            } else {
                reservedNames.add(field.getName());
                gone.add(field.getNumber());
            }
        }
        gone.forEach(number -> reservedRanges.add(number.toString()));
        schema.fields().forEach(field -> reservedNames.remove(field.name()));
        return last;
    }

    int of(Field field) {
        return numbers.get(field.name());
    }

    /** Returns the statements that reserve what is gone; "" if nothing is. */
    String reserved(String indent) {
        String ranges = reservedRanges.isEmpty() ? ""
                : indent + "reserved " + String.join(", ", reservedRanges) + ";\n";
        return ranges + (reservedNames.isEmpty() ? ""
                : indent + "reserved \"" + String.join("\", \"", reservedNames) + "\";\n");
    }
}
