package sluice.protobuf.schema;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.InvalidEscapeSequenceException;
import org.apache.kafka.connect.errors.DataException;

/** Splits the text of a .proto file into words, numbers, strings and symbols. Every error is a DataException. */
final class ProtoTokens {
    enum Kind { WORD, NUMBER, STRING, SYMBOL, END }

    private final String file;
    private final String text;
    private Kind kind;
    private int start;
    private int end;

    ProtoTokens(String file, String text) {
        this.file = file;
        this.text = text;
        next();
    }

    Kind kind() {
        return kind;
    }

    /** Returns the current token as it is written. */
    String token() {
        return text.substring(start, end);
    }

    /** Returns the position of the current token, for sourceSince. */
    int position() {
        return start;
    }

    /** Returns the text from a position to the current token, which is not included. */
    String sourceSince(int position) {
        return text.substring(position, start);
    }

    boolean is(String token) {
        return kind != Kind.STRING && end - start == token.length() && text.startsWith(token, start);
    }

    /** Goes past the current token if it is this one. */
    boolean accept(String token) {
        boolean found = is(token);
        if (found) {
            next();
        }
        return found;
    }

    void expect(String token) {
        if (!accept(token)) {
            throw error("'" + token + "' expected");
        }
    }

    String word() {
        return take(Kind.WORD, "a name");
    }

    /** Returns a name that may have several parts, such as google.protobuf.Timestamp. */
    String name() {
        StringBuilder name = new StringBuilder(accept(".") ? "." : "").append(word());
        while (accept(".")) {
            name.append('.').append(word());
        }
        return name.toString();
    }

    /** Returns a whole number: decimal, 0x… or 0…, perhaps with a minus. */
    int integer() {
        String sign = accept("-") ? "-" : "";
        String digits = take(Kind.NUMBER, "a number");
        try {
            return Integer.decode(sign + digits);
        } catch (NumberFormatException error) {
            throw error("the number " + sign + digits + " is not a whole number of 32 bits");
        }
    }

    /** Returns the content of one or more adjacent strings. */
    ByteString string() {
        ByteString content = ByteString.EMPTY;
        do {
            String quoted = take(Kind.STRING, "a string");
            try {
                content = content.concat(TextFormat.unescapeBytes(quoted.substring(1, quoted.length() - 1)));
            } catch (InvalidEscapeSequenceException error) {
                throw error(error.getMessage());
            }
        } while (kind == Kind.STRING);
        return content;
    }

    private String take(Kind expected, String what) {
        if (kind != expected) {
            throw error(what + " expected");
        }
        String token = token();
        next();
        return token;
    }

    /** Goes past everything up to the bracket that closes the current one. */
    void skipBlock() {
        int depth = 0;
        do {
            if (kind == Kind.END) {
                throw error("'}' expected");
            }
            depth += is("{") ? 1 : is("}") ? -1 : 0;
            next();
        } while (depth > 0);
    }

    DataException error(String problem) {
        long line = 1 + text.substring(0, start).chars().filter(character -> character == '\n').count();
        String found = kind == Kind.END ? "the end of the text" : "'" + token() + "'";
        return new DataException(file + ", line " + line + ", at " + found + ": " + problem);
    }

    void next() {
        start = skipBlanks(end);
        if (start == text.length()) {
            kind = Kind.END;
            end = start;
            return;
        }
        char first = text.charAt(start);
        end = start + 1;
        if (first == '"' || first == '\'') {
            kind = Kind.STRING;
            end = endOfString(first);
        } else if (isWordPart(first) && !isDigit(first)) {
            kind = Kind.WORD;
            end = endOfWord();
        } else if (isDigit(first) || first == '.' && end < text.length() && isDigit(text.charAt(end))) {
            kind = Kind.NUMBER;
            end = endOfNumber();
        } else {
            kind = Kind.SYMBOL;
        }
    }

    private int skipBlanks(int from) {
        int position = from;
        while (position < text.length()) {
            if (Character.isWhitespace(text.charAt(position)) || text.charAt(position) == '\ufeff') {
                position++;
            } else if (text.startsWith("//", position)) {
                int line = text.indexOf('\n', position);
                position = line < 0 ? text.length() : line;
            } else if (text.startsWith("/*", position)) {
                int close = text.indexOf("*/", position + 2);
                position = close < 0 ? text.length() : close + 2;
            } else {
                break;
            }
        }
        return position;
    }

    private int endOfString(char quote) {
        for (int position = start + 1; position < text.length(); position++) {
            char character = text.charAt(position);
            if (character == quote) {
                return position + 1;
            }
            if (character == '\\') {
                position++;
            } else if (character == '\n') {
                break;
            }
        }
        throw error("the string has no end");
    }

    private int endOfWord() {
        int position = start;
        while (position < text.length() && isWordPart(text.charAt(position))) {
            position++;
        }
        return position;
    }

    private int endOfNumber() {
        int position = start;
        while (position < text.length() && (isWordPart(text.charAt(position)) || text.charAt(position) == '.'
                || isExponentSign(position))) {
            position++;
        }
        return position;
    }

    private boolean isExponentSign(int position) {
        char before = text.charAt(position - 1);
        char character = text.charAt(position);
        return (character == '+' || character == '-') && (before == 'e' || before == 'E')
                && !text.startsWith("0x", start) && !text.startsWith("0X", start);
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private static boolean isWordPart(char character) {
        return isDigit(character) || character == '_'
                || character >= 'a' && character <= 'z' || character >= 'A' && character <= 'Z';
    }
}
