package sluice.mysql.text;

import java.util.Arrays;
import org.apache.kafka.connect.errors.DataException;

/** Encodes text as UTF-8 into a buffer that is used again. */
public final class Utf8 {
    private byte[] bytes = new byte[64];

    /** Returns the buffer: the bytes of the text that was encoded last. */
    public byte[] bytes() {
        return bytes;
    }

    /** Encodes text into the buffer and returns the number of bytes; throws a DataException for half a character. */
    public int encode(String text) {
        int length = text.length();
        if (bytes.length < 3 * (long) length) {
            bytes = new byte[Math.multiplyExact(3, length)];
        }
        int at = 0;
        for (int index = 0; index < length; index++) {
            char one = text.charAt(index);
            if (one < 0x80) {
                bytes[at++] = (byte) one;
            } else if (one < 0x800) {
                bytes[at++] = (byte) (0xC0 | one >> 6);
                bytes[at++] = (byte) (0x80 | one & 0x3F);
            } else if (!Character.isSurrogate(one)) {
                bytes[at++] = (byte) (0xE0 | one >> 12);
                bytes[at++] = (byte) (0x80 | one >> 6 & 0x3F);
                bytes[at++] = (byte) (0x80 | one & 0x3F);
            } else {
                if (Character.isLowSurrogate(one) || index + 1 == length
                        || !Character.isLowSurrogate(text.charAt(index + 1))) {
                    throw new DataException(
                            "the text is no valid Unicode: half of a surrogate pair at position " + index);
                }
                int point = Character.toCodePoint(one, text.charAt(++index));
                bytes[at++] = (byte) (0xF0 | point >> 18);
                bytes[at++] = (byte) (0x80 | point >> 12 & 0x3F);
                bytes[at++] = (byte) (0x80 | point >> 6 & 0x3F);
                bytes[at++] = (byte) (0x80 | point & 0x3F);
            }
        }
        return at;
    }

    /** Returns a copy of the text's bytes. */
    public static byte[] copyOf(String text) {
        Utf8 encoder = new Utf8();
        int length = encoder.encode(text);
        return Arrays.copyOf(encoder.bytes, length);
    }
}
