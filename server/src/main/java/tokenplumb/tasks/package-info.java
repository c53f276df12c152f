/// How anything runs and stops: scopes of virtual threads, and closing in reverse. Start at
/// [Scope].
@Room
package tokenplumb.tasks;

import tokenplumb.Room;
