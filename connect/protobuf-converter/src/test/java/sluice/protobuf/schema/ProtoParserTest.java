package sluice.protobuf.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** .proto files, linked by protobuf-java, which checks names, numbers and types. */
class ProtoParserTest {
    private static final String EVERYTHING = """
            /* block
               comment */ syntax = 'proto2'; // and a line's
            package a.b;
            import "google/protobuf/timestamp.proto";
            import public "google/protobuf/wrappers.proto";
            option java_package = "x" ".y";
            option (custom.file) = { list: [1, 2] nested { text: "}" } };
            service Ignored { rpc Call (Request) returns (stream Request) { option deprecated = true; } }
            message Request {
              option deprecated = true;
              reserved 20 to 30, 40;
              reserved "old", "older";
              extensions 100 to 199, 1000 to max;
              extend Request { optional int32 more = 100; }
              required int32 id = 0x01;
              optional string text = 2 [default = "a\\tb\\"c" 'd', deprecated = true];
              optional bytes raw = 3 [default = "\\001\\377"];
              optional double ratio = 4 [default = -1.5e-3];
              optional double low = 5 [default = -inf];
              optional Kind kind = 6 [default = SECOND];
              repeated int32 packed = 7 [packed = true, (custom.field).part = "x"];
              map<string, .a.b.Request.Inner> by_name_2 = 8;
              oneof choice { option (custom.one) = true; int64 number = 9; Inner inner = 10; }
              optional group Pair = 11 { optional int32 left = 1; }
              optional google.protobuf.Timestamp at = 12 [json_name = "when"];
              optional Inner.Deep deep = 13;
              optional uint64 message = 14;
              optional uint64 option = 15;
              message Inner { message Deep { optional Kind kind = 1; } ; }
              enum Kind { option allow_alias = true; FIRST = 0; SECOND = 1 [deprecated = true]; ALSO = 1; OFF = -1; }
            };
            enum Kind { NONE = 0; reserved 5 to max; reserved "GONE"; }
            extend Request { optional Kind other = 101; }
            """;

    private static FileDescriptor link(String text) {
        return ProtobufSchema.link("test.proto", text, StandardFiles::find);
    }

    @Test
    void allOfTheLanguageIsRead() {
        Descriptor request = link(EVERYTHING).findMessageTypeByName("Request");
        String fields = request.getFields().stream()
                .map(field -> field.getName() + ":" + field.getType().name().toLowerCase(java.util.Locale.ROOT))
                .collect(Collectors.joining(" "));
        assertEquals("id:int32 text:string raw:bytes ratio:double low:double kind:enum packed:int32 by_name_2:message "
                + "number:int64 inner:message pair:group at:message deep:message message:uint64 option:uint64", fields);
        assertTrue(request.findFieldByName("id").isRequired());
        assertEquals("a\tb\"cd", request.findFieldByName("text").getDefaultValue());
        assertEquals(-0.0015, request.findFieldByName("ratio").getDefaultValue());
        assertEquals(Double.NEGATIVE_INFINITY, request.findFieldByName("low").getDefaultValue());
        assertEquals("SECOND", request.findFieldByName("kind").getDefaultValue().toString());
        assertEquals(List.of((byte) 1, (byte) -1), bytes(request.findFieldByName("raw")));
        assertTrue(request.findFieldByName("packed").isPacked());
        assertTrue(request.findFieldByName("by_name_2").isMapField());
        assertEquals("ByName2Entry", request.findFieldByName("by_name_2").getMessageType().getName());
        assertEquals("choice", request.findFieldByName("inner").getContainingOneof().getName());
        assertEquals("when", request.findFieldByName("at").getJsonName());
        assertEquals("a.b.Request.Inner.Deep", request.findFieldByName("deep").getMessageType().getFullName());
    }

    private static List<Byte> bytes(FieldDescriptor field) {
        return ((com.google.protobuf.ByteString) field.getDefaultValue()).isEmpty() ? List.of()
                : List.of(((com.google.protobuf.ByteString) field.getDefaultValue()).byteAt(0),
                        ((com.google.protobuf.ByteString) field.getDefaultValue()).byteAt(1));
    }

    @Test
    void proto3OptionalHasPresenceAndAPlainFieldHasNot() {
        Descriptor message = link("syntax = \"proto3\"; message A { optional int32 a = 1; int32 b = 2; oneof c { int32 d = 3; } }")
                .findMessageTypeByName("A");
        assertTrue(message.findFieldByName("a").hasPresence());
        assertFalse(message.findFieldByName("b").hasPresence());
        assertEquals(List.of("c"), message.getRealOneofs().stream().map(oneof -> oneof.getName()).toList());
    }

    @Test
    void editionsSayPresenceByAFeature() {
        Descriptor message = link("edition = \"2023\"; option features.field_presence = IMPLICIT; "
                + "message A { int32 a = 1; int32 b = 2 [features.field_presence = EXPLICIT]; }").findMessageTypeByName("A");
        assertFalse(message.findFieldByName("a").hasPresence());
        assertTrue(message.findFieldByName("b").hasPresence());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "message A { int32 a 1; }|line 1, at '1': '=' expected",
        "message A { int32 a = 1;|line 1, at the end of the text: a name expected",
        "message A { Other a = 1; }|\"Other\" is not defined",
        "message A { optional int32 a = 1; optional int32 b = 1; }|Field number 1 has already been used",
        "message A { optional int32 a = 99999999999; }|not a whole number of 32 bits",
        "import \"x|the string has no end",
        "syntax = \"proto4\";|the syntax \"proto4\" is unknown",
        "edition = \"1999\";|the edition \"1999\" is unknown",
        "service A {|'}' expected",
        "message A { reserved 1 }|';' expected",
        "message A { optional int32 a = 1 [packed = maybe]; }|the option before is not valid",
        "{|message, enum, import, option, extend, service or package expected",
    })
    void anErrorNamesItsPlace(String text, String message) {
        DataException error = assertThrows(DataException.class, () -> link(text));
        assertTrue(error.getMessage().contains(message), error.getMessage());
    }

    @Test
    void deepNestingIsAnErrorAndNoOverflow() {
        String text = "message A { ".repeat(100_000);
        assertTrue(assertThrows(DataException.class, () -> link(text)).getMessage().contains("nested more than 32 times"));
    }

    @Test
    void whateverTheTextTheErrorIsADataException() {
        Random random = new Random(1);
        for (int trial = 0; trial < 5_000; trial++) {
            StringBuilder text = new StringBuilder(EVERYTHING);
            for (int change = random.nextInt(4); change >= 0; change--) {
                int start = random.nextInt(text.length());
                int end = Math.min(text.length(), start + random.nextInt(12));
                int from = random.nextInt(EVERYTHING.length() - 12);
                text.replace(start, end, EVERYTHING.substring(from, from + random.nextInt(12)));
            }
            try {
                link(text.toString());
            } catch (DataException expected) {
                assertFalse(expected.getMessage().isEmpty());
            }
        }
    }
}
