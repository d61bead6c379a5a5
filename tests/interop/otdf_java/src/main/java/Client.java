import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.opentdf.platform.sdk.AssertionConfig;
import io.opentdf.platform.sdk.Config;
import io.opentdf.platform.sdk.SDK;
import io.opentdf.platform.sdk.SDKBuilder;
import io.opentdf.platform.sdk.TDF;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A command line over the OpenTDF platform's Java SDK: what a person does with it, and nothing else.
 *
 * <p>Client seal|open --platform URL --credential FILE --in FILE --out FILE [--attributes FQN,FQN] [--segment BYTES]
 * [--assertion TEXT]. The SDK is used as it is. A failure is one line on the error stream and exit 1, and leaves no output file.
 */
public final class Client {
    private Client() {}

    public static void main(String[] arguments) {
        Map<String, String> asked = new HashMap<>();
        for (int place = 1; place + 1 < arguments.length; place += 2) {
            asked.put(arguments[place], arguments[place + 1]);
        }
        int code = 0;
        try {
            carryOut(arguments[0], asked);
        } catch (Exception | Error error) { // the SDK throws errors of every kind; a person is to read one line
            System.err.println(explain(error));
            Path.of(asked.getOrDefault("--out", "")).toFile().delete();
            code = 1;
        }
        System.exit(code); // its channels would hold the process
    }

    /** The words of what failed and of what caused it, the denial or the tampering named first. */
    private static String explain(Throwable error) {
        List<String> said = new ArrayList<>();
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            said.add(cause.getClass().getSimpleName() + ": " + cause.getMessage());
        }
        String whole = String.join(" | ", said).replace('\n', ' ');
        if (whole.contains("PERMISSION_DENIED") || whole.contains("PermissionDenied")) {
            return "DENIED: " + whole;
        }
        if (whole.contains("bad request") || whole.contains("Signature") || whole.contains("SegmentSizeMismatch")) {
            return "TAMPERED: " + whole;
        }
        return "FAILED: " + whole;
    }

    private static void carryOut(String verb, Map<String, String> asked) throws Exception {
        JsonObject who = JsonParser.parseString(Files.readString(Path.of(asked.get("--credential")))).getAsJsonObject();
        URI platform = URI.create(asked.get("--platform"));
        SDKBuilder builder = SDKBuilder.newBuilder()
                .platformEndpoint(platform.getAuthority())
                .clientSecret(who.get("clientId").getAsString(), who.get("clientSecret").getAsString())
                .useInsecurePlaintextConnection("http".equals(platform.getScheme()));
        try (SDK client = builder.build()) {
            if ("open".equals(verb)) {
                open(client, asked);
            } else {
                seal(client, asked);
            }
        }
    }

    private static void open(SDK client, Map<String, String> asked) throws Exception {
        try (SeekableByteChannel container = Files.newByteChannel(Path.of(asked.get("--in")));
                OutputStream document = new BufferedOutputStream(Files.newOutputStream(Path.of(asked.get("--out"))))) {
            new TDF().loadTDF(container, client.getServices().kas()).readPayload(document);
        }
    }

    private static void seal(SDK client, Map<String, String> asked) throws Exception {
        Config.KASInfo service = new Config.KASInfo();
        service.URL = asked.get("--platform");
        service.Default = true;
        List<Consumer<Config.TDFConfig>> options = new ArrayList<>();
        options.add(Config.withKasInformation(service));
        options.add(Config.withMimeType("application/octet-stream"));
        if (asked.containsKey("--attributes")) {
            options.add(Config.withDataAttributes(asked.get("--attributes").split(",")));
        }
        if (asked.containsKey("--segment")) {
            options.add(Config.withSegmentSize(Integer.parseInt(asked.get("--segment"))));
        }
        if (asked.containsKey("--assertion")) {
            AssertionConfig note = new AssertionConfig();
            note.id = "handling-note";
            note.type = AssertionConfig.Type.HandlingAssertion;
            note.scope = AssertionConfig.Scope.Payload;
            note.appliesToState = AssertionConfig.AppliesToState.Unencrypted;
            note.statement = new AssertionConfig.Statement();
            note.statement.format = "string";
            note.statement.schema = "text";
            note.statement.value = asked.get("--assertion");
            options.add(Config.withAssertionConfig(note));
        }
        @SuppressWarnings("unchecked")
        Config.TDFConfig order = Config.newTDFConfig(options.toArray(new Consumer[0]));
        try (InputStream document = new BufferedInputStream(Files.newInputStream(Path.of(asked.get("--in"))));
                OutputStream container = new BufferedOutputStream(Files.newOutputStream(Path.of(asked.get("--out"))))) {
            new TDF().createTDF(document, container, order, client.getServices().kas(), client.getServices().attributes());
        }
    }
}
