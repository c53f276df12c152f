/// Files as storage needs them: appended, synced, mapped, renamed at once. A real disk here, one in
/// memory and a failing one among the tests. Start at [Disk].
@Room
package tokenplumb.disk;

import tokenplumb.Room;
