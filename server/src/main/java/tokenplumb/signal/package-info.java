/// What travels: label sets, matchers, columns of samples, metadata. Start at [Labels].
@Room(libraries = "com.google.re2j")
package tokenplumb.signal;

import tokenplumb.Room;
