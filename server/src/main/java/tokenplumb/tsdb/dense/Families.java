package tokenplumb.tsdb.dense;

import tokenplumb.bytes.ByteReader;

import java.util.ArrayList;
import java.util.List;

/// The families of a block, in the order of the index. Immutable.
final class Families {
    /// A metric's series.
    ///
    /// @param number its place in the index, which is also that of its models
    /// @param name the symbol of its metric's name
    record Family(int number, int name, boolean isFolded, int series, int firstPage) {
        int pages() {
            return (series + Section.SERIES.perPage - 1) / Section.SERIES.perPage;
        }
    }

    private Families() {}

    /// Reads them; those on a page that cannot be read are left out and told.
    static List<Family> read(IndexReader index, DamageLog damage) {
        var all = new ArrayList<Family>();
        for (int page = 0; page < index.pages(Section.FAMILIES); page++) {
            try {
                var in = index.page(Section.FAMILIES, page);
                try {
                    read(in, page * Section.FAMILIES.perPage, all);
                } catch (IndexOutOfBoundsException e) {
                    throw index.impossible(Section.FAMILIES, page, e);
                }
            } catch (Damaged e) {
                damage.tell(e);
            }
        }
        return List.copyOf(all);
    }

    private static void read(ByteReader in, int first, List<Family> into) {
        int number = first;
        while (in.remaining() > 0) {
            int name = (int) in.getUvarint();
            boolean isFolded = in.getByte() != 0;
            int series = (int) in.getUvarint();
            int firstPage = (int) in.getUvarint();
            if (name < 0 || series < 0 || firstPage < 0) {
                throw new IndexOutOfBoundsException("a family that cannot be");
            }
            into.add(new Family(number++, name, isFolded, series, firstPage));
        }
    }
}
