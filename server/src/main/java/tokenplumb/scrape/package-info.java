/// Brings samples in: a pool for each job, a loop on one virtual thread for each target. Start at
/// [Scraping].
@Room(uses = {"config", "discovery", "exposition", "http", "relabel", "signal", "storage", "yaml"})
package tokenplumb.scrape;

import tokenplumb.Room;
