package sluice.mysql.batch;

import java.util.Arrays;
import sluice.mysql.encode.EncodedRecord;

/**
 * Order in which the records of a run are written. Records with an integer key: by key, the last of each. Others: as
 * they came. Its arrays are used again by the next run.
 */
final class KeyOrder {
    private static final int INITIAL = 1024;

    private int[] order = new int[INITIAL];
    private int[] spare = new int[INITIAL];
    private long[] packed = new long[INITIAL];
    private int size;

    /** Returns how many records there are in the order. */
    int size() {
        return size;
    }

    /** Returns the index of the record at a place. */
    int at(int place) {
        return order[place];
    }

    /** Orders the records from `from` to `to` as they are. */
    void keep(int from, int to) {
        reserve(to - from);
        size = to - from;
        for (int place = 0; place < size; place++) {
            order[place] = from + place;
        }
    }

    /** Orders the records by key and leaves out those that a later one with the same key supersedes. */
    void sort(EncodedRecord[] records, int from, int to) {
        keep(from, to);
        if (ascending(records, from, to)) {
            return;
        }
        if (!sortPacked(records, from, to)) {
            mergeSort(records);
        }
        int kept = 0;
        for (int place = 0; place < size; place++) {
            if (place + 1 == size || records[order[place]].number() != records[order[place + 1]].number()) {
                order[kept++] = order[place];
            }
        }
        size = kept;
    }

    private static boolean ascending(EncodedRecord[] records, int from, int to) {
        for (int index = from + 1; index < to; index++) {
            if (records[index].number() <= records[index - 1].number()) {
                return false;
            }
        }
        return true;
    }

    /** Sorts numbers made of key and index; returns false if both do not fit in 63 bits. */
    private boolean sortPacked(EncodedRecord[] records, int from, int to) {
        long least = Long.MAX_VALUE;
        long greatest = Long.MIN_VALUE;
        for (int index = from; index < to; index++) {
            least = Math.min(least, records[index].number());
            greatest = Math.max(greatest, records[index].number());
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(size);
        long range = greatest - least;
        if (range < 0 || range >= 1L << (Long.SIZE - 1 - bits)) {
            return false;
        }
        for (int place = 0; place < size; place++) {
            packed[place] = (records[from + place].number() - least) << bits | place;
        }
        Arrays.sort(packed, 0, size);
        long mask = (1L << bits) - 1;
        for (int place = 0; place < size; place++) {
            order[place] = from + (int) (packed[place] & mask);
        }
        return true;
    }

    /** Sorts without changing the order of equal keys. */
    private void mergeSort(EncodedRecord[] records) {
        for (int width = 1; width < size; width *= 2) {
            for (int start = 0; start < size; start += 2 * width) {
                merge(records, start, Math.min(start + width, size), Math.min(start + 2 * width, size));
            }
            int[] sorted = spare;
            spare = order;
            order = sorted;
        }
    }

    private void merge(EncodedRecord[] records, int start, int middle, int end) {
        int left = start;
        int right = middle;
        for (int place = start; place < end; place++) {
            boolean takeLeft = right == end
                    || left < middle && records[order[left]].number() <= records[order[right]].number();
            spare[place] = takeLeft ? order[left++] : order[right++];
        }
    }

    /** Keeps the upserts, or else the deletions, of this order. */
    void filter(EncodedRecord[] records, KeyOrder all, boolean deletions) {
        reserve(all.size);
        size = 0;
        for (int place = 0; place < all.size; place++) {
            if ((records[all.order[place]].layout() == null) == deletions) {
                order[size++] = all.order[place];
            }
        }
    }

    private void reserve(int count) {
        if (order.length < count) {
            int length = Math.max(count, 2 * order.length);
            order = new int[length];
            spare = new int[length];
            packed = new long[length];
        }
    }
}
