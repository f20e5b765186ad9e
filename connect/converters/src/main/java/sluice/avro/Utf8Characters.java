package sluice.avro;

/** Checks and counts the characters of bytes given as UTF-8. */
public final class Utf8Characters {
    private Utf8Characters() { }

    /** Returns the number of characters (code points), or -1 if the bytes are no valid UTF-8. */
    public static int count(byte[] utf8, int start, int length) {
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
