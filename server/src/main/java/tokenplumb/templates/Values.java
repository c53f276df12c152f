package tokenplumb.templates;

import java.util.List;
import java.util.Map;

/// What Go would say of a value.
final class Values {
    private Values() {}

    static boolean isTrue(Object value) {
        return switch (value) {
            case null -> false;
            case Boolean truth -> truth;
            case Long number -> number != 0;
            case Double number -> number != 0;
            case String text -> !text.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case TextMap map -> !map.entries().isEmpty();
            default -> true;
        };
    }

    static String typeName(Object value) {
        return switch (value) {
            case null -> "nil";
            case Fields object -> object.typeName();
            default -> typeName(value.getClass());
        };
    }

    static String typeName(Class<?> type) {
        if (type == String.class) {
            return "string";
        }
        if (type == Long.class) {
            return "int";
        }
        if (type == Double.class) {
            return "float64";
        }
        if (type == Boolean.class) {
            return "bool";
        }
        if (type == TextMap.class) {
            return "map[string]string";
        }
        if (Map.class.isAssignableFrom(type)) {
            return "map[string]interface {}";
        }
        if (List.class.isAssignableFrom(type)) {
            return "[]interface {}";
        }
        return type.getSimpleName();
    }
}
