package tokenplumb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Holds every room to its nameplate: exact doors, no circles, closed closets, named libraries.
class HouseTest {
    private static final String BASE = "tokenplumb/";
    private static final Pattern DESCRIPTOR = Pattern.compile("L([\\w/$]+);");

    /// What a nameplate says.
    private record Nameplate(Set<String> uses, Set<String> libraries) {}

    private static final Map<String, Nameplate> ROOMS = new TreeMap<>();
    private static final Map<String, Set<String>> USED = new TreeMap<>();
    private static final List<String> OFFENCES = new ArrayList<>();

    @BeforeAll
    static void walkThroughTheHouse() throws IOException, URISyntaxException {
        var root = Path.of(Room.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        var classes = new ArrayList<ClassModel>();
        try (var files = Files.walk(root.resolve("tokenplumb"))) {
            files.filter(file -> file.toString().endsWith(".class"))
                    .forEach(file -> classes.add(parse(file)));
        }
        for (var model : classes) {
            var name = model.thisClass().asInternalName();
            if (name.endsWith("/package-info")) {
                readNameplate(name, model);
            }
        }
        for (var model : classes) {
            visit(model);
        }
    }

    private static ClassModel parse(Path file) {
        try {
            return ClassFile.of().parse(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void readNameplate(String name, ClassModel model) {
        var packageName = name.substring(0, name.length() - "/package-info".length());
        if (packageName.equals("tokenplumb") || packageName.indexOf('/', BASE.length()) >= 0) {
            return; // the house itself, or a closet
        }
        var uses = new TreeSet<String>();
        var libraries = new TreeSet<String>();
        model.findAttribute(Attributes.runtimeInvisibleAnnotations())
                .ifPresent(annotations ->
                        annotations.annotations().stream()
                                .flatMap(annotation -> annotation.elements().stream())
                                .forEach(element -> {
                                    var into =
                                            element.name().equalsString("uses") ? uses : libraries;
                                    addAll(element.value(), into);
                                }));
        ROOMS.put(packageName.substring(BASE.length()), new Nameplate(uses, libraries));
    }

    private static void addAll(java.lang.classfile.AnnotationValue value, Set<String> into) {
        switch (value) {
            case java.lang.classfile.AnnotationValue.OfArray array ->
                    array.values().forEach(item -> addAll(item, into));
            case java.lang.classfile.AnnotationValue.OfString text -> into.add(text.stringValue());
            default -> {}
        }
    }

    private static void visit(ClassModel model) {
        var name = model.thisClass().asInternalName();
        var room = roomOf(name);
        if (room.isEmpty()) {
            return;
        }
        for (var other : mentions(model)) {
            if (other.startsWith(BASE)) {
                visitDoor(name, room, other);
            } else if (!other.startsWith("java/")) {
                visitLibrary(name, room, other);
            }
        }
    }

    private static Set<String> mentions(ClassModel model) {
        var names = new TreeSet<String>();
        for (var entry : model.constantPool()) {
            if (entry instanceof ClassEntry type) {
                var name = type.asInternalName();
                if (name.startsWith("[")) {
                    addDescriptor(name, names);
                } else {
                    names.add(name);
                }
            } else if (entry instanceof Utf8Entry text && text.stringValue().contains(";")) {
                addDescriptor(text.stringValue(), names);
            }
        }
        return names;
    }

    private static void addDescriptor(String descriptor, Set<String> names) {
        if (!descriptor.matches("[\\[(<LBCDFIJSZVT][\\w/$;\\[()<>:.*+\\-]*")) {
            return;
        }
        var match = DESCRIPTOR.matcher(descriptor);
        while (match.find()) {
            if (match.group(1).contains("/")) {
                names.add(match.group(1));
            }
        }
    }

    private static void visitDoor(String name, String room, String other) {
        var otherRoom = roomOf(other);
        if (otherRoom.isEmpty() || otherRoom.equals("sdk") || otherRoom.equals(room)) {
            return;
        }
        USED.computeIfAbsent(room, key -> new TreeSet<>()).add(otherRoom);
        int closet = other.indexOf('/', BASE.length() + otherRoom.length() + 1);
        if (closet >= 0) {
            OFFENCES.add(name + " opens a foreign closet: " + other);
        }
    }

    private static void visitLibrary(String name, String room, String other) {
        if (!other.contains("/")) {
            return;
        }
        var dotted = other.replace('/', '.');
        var plate = ROOMS.get(room);
        if (plate != null && plate.libraries().stream().noneMatch(dotted::startsWith)) {
            OFFENCES.add(
                    name + " uses " + dotted + ", a library that room " + room + " does not name");
        }
    }

    private static String roomOf(String name) {
        if (!name.startsWith(BASE)) {
            return "";
        }
        int end = name.indexOf('/', BASE.length());
        return end < 0 ? "" : name.substring(BASE.length(), end);
    }

    @Test
    void everyRoomHasANameplate() throws URISyntaxException, IOException {
        var root = Path.of(Room.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (var folders = Files.list(root.resolve("tokenplumb"))) {
            assertThat(
                            folders.filter(Files::isDirectory)
                                    .map(folder -> folder.getFileName().toString())
                                    .filter(room -> !ROOMS.containsKey(room)))
                    .as("rooms without a package-info.java that carries @Room")
                    .isEmpty();
        }
    }

    @Test
    void doorsAreExact() {
        for (var room : ROOMS.entrySet()) {
            if (room.getValue().uses().contains("*")) {
                continue;
            }
            assertThat(room.getValue().uses())
                    .as(
                            "doors on the nameplate of %s, against those its classes use",
                            room.getKey())
                    .isEqualTo(USED.getOrDefault(room.getKey(), Set.of()));
        }
    }

    @Test
    void noWayLeadsBack() {
        var open = new TreeSet<>(ROOMS.keySet());
        boolean closedOne = true;
        while (closedOne) {
            closedOne =
                    open.removeIf(room ->
                            USED.getOrDefault(room, Set.of()).stream().noneMatch(open::contains));
        }
        assertThat(open).as("rooms whose doors form a circle").isEmpty();
    }

    @Test
    void closetsAndLibrariesStayShut() {
        assertThat(new TreeSet<>(OFFENCES)).isEmpty();
    }
}
