package tokenplumb.tsdb.dense;

import tokenplumb.bytes.ByteReader;

import java.util.ArrayList;
import java.util.List;

/// The models of one family, by role of column, as decoders need them. Tables come into being when
/// first used. Thread-safe.
final class Models {
    private final List<Model> models;
    private final Model.Decoding[] decodings;

    Models(List<Model> models) {
        this.models = models;
        this.decodings = new Model.Decoding[models.size()];
    }

    static Models read(ByteReader in, int roles) {
        var models = new ArrayList<Model>(roles);
        for (int i = 0; i < roles; i++) {
            models.add(Model.read(in));
        }
        return new Models(models);
    }

    Model.Decoding of(int role) {
        var decoding = decodings[role]; // a race makes it twice, alike
        if (decoding == null) {
            decoding = models.get(role).decoding();
            decodings[role] = decoding;
        }
        return decoding;
    }

    /// About the memory it takes once every table is there.
    long bytes() {
        long sum = 0;
        for (var model : models) {
            sum += 1024 + model.groups() * (Frequencies.TOTAL * 4L + Residual.CLASSES * 2L);
        }
        return sum;
    }
}
