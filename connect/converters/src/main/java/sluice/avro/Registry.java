package sluice.avro;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.connect.errors.DataException;

/** A schema registry that speaks Confluent's API. Every question is asked once and answered within its time. */
final class Registry {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int UNKNOWN_SCHEMA = 40403;
    /** A schema that is not compatible with the last one, or not one at all. */
    private static final Set<Integer> REFUSALS = Set.of(409, 422);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TYPE = "application/vnd.schemaregistry.v1+json";

    /** One for all tasks of a worker: each has threads. */
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT).version(HttpClient.Version.HTTP_1_1).build();

    private final String url;

    Registry(String url) {
        this.url = url.replaceAll("/+$", "");
    }

    String url() {
        return url;
    }

    /** The text of the schema with this id, or null where the registry says that there is none. */
    String schema(int id) throws RegistryAwayException, InterruptedException {
        HttpResponse<String> answer = send(request("/schemas/ids/" + id).GET().build());
        JsonNode body = json(answer);
        if (answer.statusCode() == NOT_FOUND && body.path("error_code").asInt() == UNKNOWN_SCHEMA) {
            return null;
        }
        if (answer.statusCode() != OK || !body.path("schema").isTextual()) {
            throw unexpected(answer);
        }
        String type = body.path("schemaType").asText("AVRO");
        if (!type.equals("AVRO")) {
            throw new DataException("the schema with the id " + id + " is " + type + ", not Avro");
        }
        return body.path("schema").textValue();
    }

    /** The id of a subject's schema, which is registered where it is new. */
    int register(String subject, String schema) throws RegistryAwayException, InterruptedException {
        String path = "/subjects/" + URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20") + "/versions";
        // Apicurio takes a default "{}" for an empty object, which no text can have, and refuses the schema. Escaped, the
        // same text passes.
        String passing = schema.replace("\"{}\"", "\"\\u007b}\"");
        String body = JSON.createObjectNode().put("schema", passing).put("schemaType", "AVRO").toString();
        HttpResponse<String> answer = send(request(path).header("Content-Type", TYPE).POST(BodyPublishers.ofString(body)).build());
        JsonNode found = json(answer);
        if (REFUSALS.contains(answer.statusCode()) && found.path("message").isTextual()) {
            throw new DataException("the registry at " + url + " refuses the schema for " + subject + ": "
                    + found.path("message").textValue());
        }
        if (answer.statusCode() != OK || !found.path("id").isIntegralNumber()) {
            throw unexpected(answer);
        }
        return found.path("id").intValue();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).timeout(ANSWER_TIMEOUT).header("Accept", TYPE + ", application/json");
    }

    private HttpResponse<String> send(HttpRequest request) throws RegistryAwayException, InterruptedException {
        try {
            return CLIENT.send(request, BodyHandlers.ofString());
        } catch (IOException error) {
            String reason = error.getMessage() == null ? "no connection" : error.getMessage();
            throw new RegistryAwayException("the registry at " + url + " does not answer: " + reason, error);
        }
    }

    private JsonNode json(HttpResponse<String> answer) throws RegistryAwayException {
        try {
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException error) { // What stands before it answers, or it has only begun to start.
            throw unexpected(answer);
        }
    }

    private RegistryAwayException unexpected(HttpResponse<String> answer) {
        String text = answer.body().strip().replaceAll("\\s+", " ");
        String start = text.length() > 200 ? text.substring(0, 200) + "…" : text;
        return new RegistryAwayException("the registry at " + url + " answers " + answer.statusCode() + ": " + start, null);
    }
}
