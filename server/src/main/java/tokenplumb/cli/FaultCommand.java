package tokenplumb.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import tokenplumb.json.Json;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// `tokenplumb fault`: breaks something in a demo that runs, or lists and ends what is broken.
@Command(
        name = "fault",
        description = {
            "Break something in a running demo, on purpose.",
            "Without a fault: list those planned, active and over.",
            ""
        },
        mixinStandardHelpOptions = true)
final class FaultCommand implements Runnable {
    @Parameters(
            arity = "0..1",
            paramLabel = "FAULT",
            description = {
                "kv-cache-thrash, thermal-throttle or bursty-queue, with when, how long and where:",
                "kv-cache-thrash@10s+5m:model=NAME,severity=0.8"
            })
    String fault = "";

    @Option(names = "--clear", paramLabel = "ID", description = "End this fault now.")
    String clear = "";

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Where the demo runs (default: ${DEFAULT-VALUE}).")
    String url = "http://localhost:9090";

    private static final String PATH = "/api/tokenplumb/v1/faults";

    @Override
    public void run() {
        var remote = new Remote(url);
        if (!clear.isEmpty()) {
            remote.ask("DELETE", PATH + "/" + clear, "");
            System.out.println("ended " + clear);
        } else if (!fault.isEmpty()) {
            var json =
                    new String(
                            Json.bytes(out -> out.startObject().field("fault", fault).endObject()),
                            StandardCharsets.UTF_8);
            print(remote.ask("POST", PATH, json));
        } else {
            print(remote.ask("GET", PATH, ""));
        }
    }

    private static void print(Object answer) {
        switch (answer) {
            case Map<?, ?> map when map.get("faults") instanceof List<?> faults -> {
                if (faults.isEmpty()) {
                    System.out.println("nothing is broken, and nothing is planned");
                }
                faults.forEach(FaultCommand::print);
            }
            case Map<?, ?> one ->
                    System.out.printf(
                            "%s  %s  %s  from %s until %s%n    %s%n",
                            one.get("id"),
                            one.get("kind"),
                            one.get("state"),
                            one.get("from"),
                            one.get("until"),
                            one.get("what"));
            default -> System.out.println(answer);
        }
    }
}
