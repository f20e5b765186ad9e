package sluice.mysql.column;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.LoadedTable;
import sluice.mysql.encode.RowLayout;
import sluice.mysql.text.NumberText;
import sluice.mysql.text.RowBuffer;
import sluice.mysql.text.Utf8;

/** Random numbers and texts through a real database: read back equal. */
class RandomValuesTest {
    private static final int COUNT = 5_000;

    private final Random random = new Random(13);

    private <T> void roundTrip(String type, List<T> values, BiConsumer<T, Target> write, String read,
                               Function<String, Object> parse, Function<T, Object> expected) throws Exception {
        try (LoadedTable table = new LoadedTable("random_values", "id INT PRIMARY KEY, v " + type)) {
            RowLayout layout = table.layout("id", "v");
            RowBuffer rows = new RowBuffer();
            for (int index = 0; index < values.size(); index++) {
                NumberText.write(index, rows);
                rows.separator();
                write.accept(values.get(index), new Target(layout.columns().get(1), rows));
                rows.endRow();
            }
            table.load(layout, rows);
            check(values, table.read(read, "id"), parse, expected);
            table.execute("TRUNCATE random_values");
            table.insert(layout, rows);
            check(values, table.read(read, "id"), parse, expected);
        }
    }

    private <T> void check(List<T> values, List<String> found, Function<String, Object> parse,
                           Function<T, Object> expected) {
        assertEquals(values.size(), found.size());
        for (int index = 0; index < values.size(); index++) {
            assertEquals(expected.apply(values.get(index)), parse.apply(found.get(index)), "row " + index);
        }
    }

    @Test
    void doublesKeepEveryBit() throws Exception {
        List<Double> values = new ArrayList<>(List.of(
                -0.0, 0.0, 1e-300, Double.MIN_VALUE, Double.MIN_NORMAL, Double.MAX_VALUE, -Double.MAX_VALUE, 0x1p53,
                0x1p63, -0x1p63, 0x1p64, 1e15, 1e16, 1e17, 1e22, 1e23, 0.1, 1 / 3.0, 123456789.123456789, 1e-7, 5e-324,
                9007199254740993.0, 0.3, 2.5e-8, Math.PI, 1e21, 4.35, 0.000001));
        while (values.size() < COUNT) {
            double bits = Double.longBitsToDouble(random.nextLong());
            if (!Double.isNaN(bits) && !Double.isInfinite(bits)) {
                values.add(bits);
            }
            // What is measured: a few digits.
            values.add(random.nextInt() / Math.pow(10, random.nextInt(20)));
            values.add((double) random.nextLong() / (1L << random.nextInt(62)));
            values.add(random.nextGaussian());
        }
        roundTrip("DOUBLE", values, (value, target) -> target.column.writeDouble(value, target.row), "v",
                text -> Double.doubleToLongBits(Double.parseDouble(text)), Double::doubleToLongBits);
    }

    @Test
    void floatsKeepEveryBit() throws Exception {
        List<Float> values = new ArrayList<>(List.of(
                -0f, 0f, Float.MIN_VALUE, Float.MIN_NORMAL, Float.MAX_VALUE, 0.1f, 16_777_216f, 1e10f, 1e-10f));
        while (values.size() < COUNT) {
            float bits = Float.intBitsToFloat(random.nextInt());
            if (!Float.isNaN(bits) && !Float.isInfinite(bits)) {
                values.add(bits);
            }
            values.add(random.nextInt(100_000) / 1000f);
        }
        // A FLOAT is shown with six digits; the product is a double.
        roundTrip("FLOAT", values, (value, target) -> target.column.writeFloat(value, target.row), "v * 1e0",
                text -> Float.floatToIntBits((float) Double.parseDouble(text)), Float::floatToIntBits);
    }

    @Test
    void decimalsKeepEveryDigit() throws Exception {
        List<BigDecimal> values = new ArrayList<>();
        while (values.size() < COUNT) {
            values.add(new BigDecimal(new BigInteger(random.nextInt(126), random), random.nextInt(11))
                    .multiply(BigDecimal.valueOf(random.nextBoolean() ? 1 : -1)));
        }
        roundTrip("DECIMAL(48,10)", values, (value, target) -> target.column.writeDecimal(value, target.row), "v",
                BigDecimal::new, value -> value.setScale(10, RoundingMode.UNNECESSARY));
    }

    @Test
    void wholeNumbersKeepEveryDigit() throws Exception {
        List<Long> values = new ArrayList<>(List.of(0L, -1L, 9L, 10L, 99L, 100L, Long.MIN_VALUE, Long.MAX_VALUE));
        for (long power = 1; power < 1_000_000_000_000_000_000L; power *= 10) {
            values.addAll(List.of(power, power - 1, power + 1, -power, 1 - power));
        }
        while (values.size() < COUNT) {
            values.add(random.nextLong() >> random.nextInt(64));
        }
        roundTrip("BIGINT", values, (value, target) -> target.column.writeLong(value, target.row), "v",
                Long::parseLong, value -> value);
    }

    @Test
    void datesAreThoseOfJava() throws Exception {
        List<Long> values = new ArrayList<>();
        while (values.size() < COUNT) {
            values.add((long) random.nextInt(2_932_896 + 719_528) - 719_528);
        }
        roundTrip("VARCHAR(10)", values, (value, target) -> target.column.writeDate(value, target.row), "v",
                text -> text, value -> java.time.LocalDate.ofEpochDay(value).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"utf8mb4 COLLATE utf8mb4_bin", "utf8mb4 COLLATE utf8mb4_general_ci", "utf16"})
    void textsKeepEveryCharacter(String characterSet) throws Exception {
        List<String> values = new ArrayList<>();
        for (int first = 0; first < 0x110000; first += 16) {
            if (first < 0xD800 || first > 0xDFFF) {
                StringBuilder text = new StringBuilder();
                for (int point = first; point < first + 16; point++) {
                    text.appendCodePoint(point);
                }
                values.add(first < 0x30000 || random.nextInt(32) == 0 ? text.toString() : "\\'" + random.nextInt());
            }
        }
        roundTrip("VARCHAR(40) CHARACTER SET " + characterSet, values, (value, target) -> {
            byte[] utf8 = Utf8.copyOf(value);
            target.column.writeText(utf8, 0, utf8.length, target.row);
        }, "v", text -> text, value -> value);
    }

    private record Target(ColumnFormat column, RowBuffer row) { }
}
