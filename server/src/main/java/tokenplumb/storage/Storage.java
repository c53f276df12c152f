package tokenplumb.storage;

/// Where samples are kept and found again. Thread-safe.
public interface Storage {
    /// A new batch of writes. One thread fills one batch; many batches may be open at once.
    Batch batch();

    /// A consistent look at what is stored now.
    Querier querier();
}
