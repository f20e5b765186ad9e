package sluice.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.connect.errors.DataException;
import sluice.registry.RegisteredSchema.Reference;
import sluice.sink.Certificates;

/**
 * Client of a schema registry with Confluent's API. Each request has a timeout and is sent once, only a registration that
 * the registry answers with a conflict twice.
 */
public final class RegistryClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(10);
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERRORS = 500;
    private static final int UNKNOWN_SCHEMA = 40403;
    /** No such subject, no such version */
    private static final Set<Integer> UNKNOWN_VERSION = Set.of(40401, 40402);
    /** The registry rejects the schema: incompatible with the last one (409) or invalid (422). */
    private static final Set<Integer> SCHEMA_REJECTED = Set.of(CONFLICT, 422);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";

    /** By trusted certificates; shared by all tasks of a worker: each client has threads. */
    private static final Map<String, HttpClient> CLIENTS = new ConcurrentHashMap<>();

    private final String url;
    private final HttpClient client;
    /** Value of the header Authorization; null without a password. */
    private final String authorization;

    /** `url` is the URL of the Confluent-compatible API of a registry that asks for no password. */
    public RegistryClient(String url) {
        this(new RegistrySettings(url, null, null));
    }

    public RegistryClient(RegistrySettings settings) {
        url = settings.url().replaceAll("/+$", "");
        client = CLIENTS.computeIfAbsent(
                settings.certificates() == null ? "" : settings.certificates(), RegistryClient::newClient);
        String login = settings.userInfo() == null ? "" : settings.userInfo().value();
        authorization = login.isEmpty() ? null
                : "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    }

    private static HttpClient newClient(String certificates) {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .connectTimeout(CONNECT_TIMEOUT).version(HttpClient.Version.HTTP_1_1);
        return (certificates.isBlank() ? builder : builder.sslContext(Certificates.trusting(certificates))).build();
    }

    public String url() {
        return url;
    }

    /** Returns the schema with this id; null if the registry has none. */
    public RegisteredSchema fetchSchema(int id) throws RegistryUnavailableException, InterruptedException {
        JsonNode body = fetch("/schemas/ids/" + id, Set.of(UNKNOWN_SCHEMA));
        return body == null ? null : schema(id, body);
    }

    /** Returns a version of a subject: a number as text, or latest; null if the registry has none. */
    public RegisteredSchema fetchVersion(String subject, String version)
            throws RegistryUnavailableException, InterruptedException {
        JsonNode body = fetch(versions(subject) + "/" + version, UNKNOWN_VERSION);
        return body == null ? null : schema(body.path("id").asInt(), body);
    }

    private static RegisteredSchema schema(int id, JsonNode body) {
        List<Reference> references = new ArrayList<>();
        for (JsonNode reference : body.path("references")) {
            references.add(new Reference(reference.path("name").asText(), reference.path("subject").asText(),
                    reference.path("version").asInt()));
        }
        String type = body.path("schemaType").asText(RegisteredSchema.AVRO); // Left out for Avro
        return new RegisteredSchema(id, type, body.path("schema").textValue(), references);
    }

    private JsonNode fetch(String path, Set<Integer> unknown)
            throws RegistryUnavailableException, InterruptedException {
        HttpResponse<String> response = send(request(path).GET().build());
        JsonNode body = parseJson(response);
        if (response.statusCode() == NOT_FOUND && unknown.contains(body.path("error_code").asInt())) {
            return null;
        }
        if (response.statusCode() != OK || !body.path("schema").isTextual()) {
            throw unexpectedResponse(response);
        }
        return body;
    }

    /** Returns whether the registry has no subject at all; false where it does not let this user list them. */
    public boolean isEmpty() throws RegistryUnavailableException, InterruptedException {
        HttpResponse<String> response = send(request("/subjects").GET().build());
        int status = response.statusCode();
        if (status == OK) {
            JsonNode subjects = parseJson(response);
            if (!subjects.isArray()) {
                throw unexpectedResponse(response);
            }
            return subjects.isEmpty();
        }
        if (status == TOO_MANY_REQUESTS || status >= SERVER_ERRORS) {
            throw unexpectedResponse(response);
        }
        return false;
    }

    private static String versions(String subject) {
        return "/subjects/" + URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20") + "/versions";
    }

    /** Returns the id of a subject's schema; registers it if it is new. Throws a DataException if it is rejected. */
    public int register(String subject, String type, String schema)
            throws RegistryUnavailableException, InterruptedException {
        // Apicurio takes the string default "{}" for an empty object and rejects the schema; escaped, it is accepted.
        String escaped = type.equals(RegisteredSchema.AVRO) ? schema.replace("\"{}\"", "\"\\u007b}\"") : schema;
        String body = JSON.createObjectNode().put("schema", escaped).put("schemaType", type).toString();
        HttpRequest request = request(versions(subject)).header("Content-Type", CONTENT_TYPE)
                .POST(BodyPublishers.ofString(body)).build();
        HttpResponse<String> response = send(request);
        if (response.statusCode() == CONFLICT) {
            // Apicurio, asked while it reads its journal, creates a subject that it does not know yet, and answers 409
            // once it has read that the subject exists.
            response = send(request);
        }
        JsonNode parsed = parseJson(response);
        if (SCHEMA_REJECTED.contains(response.statusCode()) && parsed.path("message").isTextual()) {
            throw new DataException("the registry at " + url + " refuses the schema for " + subject + ": "
                    + parsed.path("message").textValue());
        }
        if (response.statusCode() != OK || !parsed.path("id").isIntegralNumber()) {
            requireSameType(subject, type);
            throw unexpectedResponse(response);
        }
        return parsed.path("id").intValue();
    }

    /** Apicurio answers 500 if the subject's schemas are of another type: that would be waited for without an end. */
    private void requireSameType(String subject, String type)
            throws RegistryUnavailableException, InterruptedException {
        RegisteredSchema latest = fetchVersion(subject, "latest");
        if (latest != null && !latest.type().equals(type)) {
            throw new DataException("the registry at " + url + " refuses the schema for " + subject + ": it is " + type
                    + ", and the subject's schemas are " + latest.type() + "; choose another topic, or delete the "
                    + "subject");
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(url + path))
                .header("Accept", CONTENT_TYPE + ", application/json");
        return authorization == null ? builder : builder.header("Authorization", authorization);
    }

    private HttpResponse<String> send(HttpRequest request) throws RegistryUnavailableException, InterruptedException {
        CompletableFuture<HttpResponse<String>> response = client.sendAsync(request, BodyHandlers.ofString());
        try {
            // Not HttpRequest's own timeout, which ends with the headers: a body that stops half way would never end.
            return response.get(RESPONSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException error) {
            throw unavailable("no whole answer within " + RESPONSE_TIMEOUT.toSeconds() + " s", error);
        } catch (ExecutionException error) {
            Throwable cause = error.getCause();
            throw unavailable(cause.getMessage() == null ? "no connection" : cause.getMessage(), cause);
        } finally {
            response.cancel(true); // Does nothing to one that is complete.
        }
    }

    private RegistryUnavailableException unavailable(String reason, Throwable error) {
        return new RegistryUnavailableException("the registry at " + url + " does not answer: " + reason, error);
    }

    private JsonNode parseJson(HttpResponse<String> response) throws RegistryUnavailableException {
        try {
            return JSON.readTree(response.body());
        } catch (JsonProcessingException error) { // A proxy answers, or the registry is starting.
            throw unexpectedResponse(response);
        }
    }

    private RegistryUnavailableException unexpectedResponse(HttpResponse<String> response) {
        String text = response.body().strip().replaceAll("\\s+", " ");
        String start = text.length() > 200 ? text.substring(0, 200) + "…" : text;
        return new RegistryUnavailableException(
                "the registry at " + url + " answers " + response.statusCode() + ": " + start, null);
    }
}
