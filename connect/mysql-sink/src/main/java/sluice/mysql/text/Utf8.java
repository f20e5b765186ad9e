package sluice.mysql.text;

import java.util.Arrays;
import org.apache.kafka.connect.errors.DataException;

/** UTF-8: encodes text into a buffer that is used again, and checks bytes given as text. */
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

    /** Returns the number of characters (code points), or -1 if the bytes are no valid UTF-8. */
    public static int countCharacters(byte[] utf8, int start, int length) {
        int end = start + length;
        int index = start;
        while (index < end && utf8[index] >= 0) {
            index++;
        }
        int count = index - start;
        while (index < end) {
            int size = characterSize(utf8, index, end);
            if (size == 0) {
                return -1;
            }
            index += size;
            count++;
        }
        return count;
    }

    /** Returns the bytes of the valid character that begins there, 0 if it is none. */
    private static int characterSize(byte[] utf8, int at, int end) {
        int first = utf8[at] & 0xFF;
        int size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
        if (at + size > end) {
            return 0;
        }
        int point = size < 2 ? first : first & 0xFF >> size + 1;
        for (int index = at + 1; index < at + size; index++) {
            if ((utf8[index] & 0xC0) != 0x80) {
                return 0;
            }
            point = point << 6 | utf8[index] & 0x3F;
        }
        // Forms that are longer than need be, surrogates, and what is beyond Unicode's last character.
        boolean valid = size < 3 || size == 3 && point >= 0x800 && (point < 0xD800 || point > 0xDFFF)
                || size == 4 && point >= 0x10000 && point <= 0x10FFFF;
        return valid ? size : 0;
    }
}
