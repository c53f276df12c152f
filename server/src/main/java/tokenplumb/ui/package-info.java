/// Hands out the web app's files. Start at [Ui].
@Room(uses = "http")
package tokenplumb.ui;

import tokenplumb.Room;
