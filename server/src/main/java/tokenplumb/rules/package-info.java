/// Recording and alerting rules on schedule. Start at [Rules]; files are read by [RuleFile].
@Room(uses = {"config", "disk", "json", "promql", "signal", "storage", "templates", "yaml"})
package tokenplumb.rules;

import tokenplumb.Room;
