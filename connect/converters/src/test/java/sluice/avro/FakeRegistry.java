package sluice.avro;

import com.fasterxml.jackson.databind.ObjectMapper;
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

/** Registry with the two requests that the converter sends; a test can queue responses. */
final class FakeRegistry implements AutoCloseable {
    record Answer(int status, String body) { }

    static final Answer UNKNOWN = new Answer(404, "{\"error_code\":40403,\"message\":\"Schema 1 not found.\"}");

    final Map<Integer, String> schemas = new HashMap<>();
    /** Queued responses, each sent once; then the right ones. */
    final Deque<Answer> queued = new ArrayDeque<>();
    final List<String> requests = new ArrayList<>();
    private final HttpServer server;

    FakeRegistry() throws IOException {
        this(0);
    }

    FakeRegistry(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url() {
        return "http://127.0.0.1:" + port();
    }

    static String schemaJson(String schema) {
        return new ObjectMapper().createObjectNode().put("schema", schema).toString();
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
            String schema = new ObjectMapper().readTree(body).path("schema").textValue();
            if (schema.contains(":\"{}\"")) { // like Apicurio 3
                return new Answer(422, "{\"error_code\":42201,\"message\":\"Failed to discover artifact type from content.\"}");
            }
            schemas.put(id, schema);
            return new Answer(200, "{\"id\":" + id + "}");
        }
        String schema = schemas.get(Integer.valueOf(path.substring(path.lastIndexOf('/') + 1)));
        return schema == null ? UNKNOWN : new Answer(200, schemaJson(schema));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
