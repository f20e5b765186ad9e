package sluice.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Registry with the two requests that our plugins send; a test can queue responses. */
public final class FakeRegistry implements AutoCloseable {
    public record Answer(int status, String body) { }

    private static final String AVRO = "AVRO";

    public static final Answer UNKNOWN = new Answer(404, "{\"error_code\":40403,\"message\":\"Schema 1 not found.\"}");

    public final Map<Integer, String> schemas = new HashMap<>();
    /** Types of schemas that are not Avro, by id. */
    public final Map<Integer, String> types = new HashMap<>();
    /** Queued responses, each sent once; then the right ones. */
    public final Deque<Answer> queued = new ArrayDeque<>();
    public final List<String> requests = new ArrayList<>();
    private final HttpServer server;

    public FakeRegistry() throws IOException {
        this(0);
    }

    public FakeRegistry(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port();
    }

    private static String schemaJson(String schema, String type) {
        ObjectNode body = new ObjectMapper().createObjectNode().put("schema", schema);
        return (type == null ? body : body.put("schemaType", type)).toString(); // Left out for Avro
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add(exchange.getRequestMethod() + " " + path);
        Answer answer = queued.isEmpty() ? respond(path, body) : queued.poll();
        byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer.status(), bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private Answer respond(String path, String body) throws IOException {
        if (path.startsWith("/subjects/")) {
            int id = schemas.size() + 1;
            JsonNode request = new ObjectMapper().readTree(body);
            String schema = request.path("schema").textValue();
            if (schema.contains(":\"{}\"")) { // like Apicurio 3
                return new Answer(422, "{\"error_code\":42201,\"message\":\"Failed to discover artifact type from content.\"}");
            }
            schemas.put(id, schema);
            if (!request.path("schemaType").asText(AVRO).equals(AVRO)) {
                types.put(id, request.path("schemaType").textValue());
            }
            return new Answer(200, "{\"id\":" + id + "}");
        }
        int id = Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
        String schema = schemas.get(id);
        return schema == null ? UNKNOWN : new Answer(200, schemaJson(schema, types.get(id)));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
