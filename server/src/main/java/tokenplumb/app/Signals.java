package tokenplumb.app;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/// Hears the operating system's signals. The JDK offers that only in `sun.misc`, which javac warns
/// about, so it is reached by name; where it is missing, nothing is heard.
public final class Signals {
    private static final System.Logger LOG = System.getLogger("tokenplumb.app");

    private Signals() {}

    /// Runs `action` whenever the process gets the signal, such as `HUP`.
    public static void on(String signal, Runnable action) {
        try {
            var type = Class.forName("sun.misc.Signal");
            var handlerType = Class.forName("sun.misc.SignalHandler");
            InvocationHandler hears =
                    (proxy, method, arguments) ->
                            switch (method.getName()) {
                                case "handle" -> {
                                    action.run();
                                    yield null;
                                }
                                case "hashCode" -> System.identityHashCode(proxy);
                                case "equals" ->
                                        System.identityHashCode(proxy)
                                                == System.identityHashCode(arguments[0]);
                                default -> "signal handler of " + signal;
                            };
            var handler =
                    Proxy.newProxyInstance(
                            Signals.class.getClassLoader(), new Class<?>[] {handlerType}, hears);
            type.getMethod("handle", type, handlerType)
                    .invoke(null, type.getConstructor(String.class).newInstance(signal), handler);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            LOG.log(System.Logger.Level.DEBUG, "cannot hear signal {0}: {1}", signal, e);
        }
    }
}
