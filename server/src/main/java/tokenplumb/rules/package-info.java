/// Recording and alerting rules on schedule. Start at [Rules]; files are read by [RuleFile].
@Room(uses = {"config", "disk", "promql", "signal", "storage", "templates", "yaml"})
package tokenplumb.rules;

import tokenplumb.Room;
