package tokenplumb.tsdb;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.StorageContract;
import tokenplumb.sdk.Meters;
import tokenplumb.storage.Storage;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

class TsdbContractTest extends StorageContract {
    @Override
    protected Storage empty() throws Exception {
        return new Tsdb(
                new MemoryDisk(),
                new Tsdb.Options(Duration.ofDays(15), 0, Duration.ofMillis(100), 0),
                InstantSource.fixed(Instant.ofEpochMilli(T)),
                new Meters(),
                false);
    }
}
