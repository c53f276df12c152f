package tokenplumb;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// The nameplate of a room: which rooms it may enter and which libraries it may name. `HouseTest`
/// holds every room to it; the rules stand in `docs/house.md`.
@Target(ElementType.PACKAGE)
@Retention(RetentionPolicy.CLASS)
public @interface Room {
    /// Names of the rooms this one uses, exactly; `"*"` for the one room that builds all others.
    String[] uses() default {};

    /// Package prefixes outside `java.` and the sdk that this room may name.
    String[] libraries() default {};

    /// A hot room may trade beauty for speed, behind an ordinary face.
    boolean hot() default false;
}
