/// Answers over HTTP: Prometheus' API as Prometheus does, federation, our own API, and what
/// operators ask a process. Start at [Api].
@Room(
        uses = {
            "bytes", "catalog", "chunks", "http", "json", "promql", "rules", "scrape", "signal",
            "storage", "tsdb"
        })
package tokenplumb.api;

import tokenplumb.Room;
