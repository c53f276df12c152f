/// Go's `text/template`, as far as people use it in annotations and notifications: the language,
/// its builtin functions and the formats of `printf`. Start at [Template].
@Room
package tokenplumb.templates;

import tokenplumb.Room;
