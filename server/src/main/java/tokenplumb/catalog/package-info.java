/// What every engine's and exporter's metrics mean in one vocabulary: YAML files for each source,
/// views that answer canonical names out of raw series when asked, and explanations why a query is
/// empty. Start at [Catalog].
@Room(uses = {"config", "signal", "storage", "yaml"})
package tokenplumb.catalog;

import tokenplumb.Room;
