package sluice.redis;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** Server with the part of Redis' protocol that the sink uses; a test can make it misbehave. */
class FakeRedis implements AutoCloseable {
    /** Reply to a command; HANG_UP closes the connection, SILENCE sends no reply, null leaves it to the server. */
    interface Behaviour {
        String answer(List<String> command);
    }

    static final String HANG_UP = "hang up";
    static final String SILENCE = "silence";
    static final String OK = "+OK";

    final Map<String, String> data = new ConcurrentHashMap<>();
    /** Hashes, each with one field. */
    final Map<String, String> hashes = new ConcurrentHashMap<>();
    final List<List<String>> commands = new CopyOnWriteArrayList<>();
    /** Called for each command before the server executes it. */
    volatile Behaviour behaviour = command -> null;
    /** While true, the server reads nothing. */
    volatile boolean paused;

    private final ServerSocket server;
    private final List<Socket> connections = new CopyOnWriteArrayList<>();

    FakeRedis() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        server.setReceiveBufferSize(1 << 14);
        start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    List<String> commandsNamed(String name) {
        return commands.stream()
                .filter(command -> command.get(0).equals(name)).map(command -> String.join(" ", command)).toList();
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = server.accept();
                connections.add(connection);
                start(() -> serve(connection, connections.size()));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket connection, int number) {
        Transaction transaction = new Transaction();
        try (connection; var in = new DataInputStream(new BufferedInputStream(connection.getInputStream(), 1 << 14))) {
            while (true) {
                while (paused) {
                    Thread.onSpinWait();
                }
                List<String> command = read(in);
                commands.add(command);
                String answer = behaviour.answer(command);
                if (HANG_UP.equals(answer)) {
                    return;
                }
                if (answer != null) {
                    transaction.refused |= answer.startsWith("-");
                }
                if (!SILENCE.equals(answer)) {
                    reply(connection, answer == null ? transaction.execute(command, number) : answer);
                }
            }
        } catch (IOException gone) {
            // The sink has closed it.
        }
    }

    private static List<String> read(DataInputStream in) throws IOException {
        int count = number(in, '*');
        List<String> parts = new ArrayList<>(count);
        for (int index = 0; index < count; index++) {
            byte[] part = new byte[number(in, '$')];
            in.readFully(part);
            in.readFully(new byte[2]);
            parts.add(new String(part, StandardCharsets.ISO_8859_1));
        }
        return parts;
    }

    private static int number(DataInputStream in, char type) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.readByte(); next != '\r'; next = in.readByte()) {
            line.append((char) next);
        }
        in.readByte();
        if (line.charAt(0) != type) {
            throw new IOException("expected " + type + ", got " + line);
        }
        return Integer.parseInt(line.substring(1));
    }

    private static void reply(Socket connection, String answer) throws IOException {
        connection.getOutputStream().write((answer + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The transaction of a connection, and what it watches. */
    private final class Transaction {
        private final Map<String, String> watched = new HashMap<>();
        private List<List<String>> queued;
        private boolean refused;

        String execute(List<String> command, int number) {
            switch (command.get(0)) {
                case "WATCH":
                    command.stream().skip(1).forEach(key -> watched.put(key, hashes.getOrDefault(key, "")));
                    return OK;
                case "UNWATCH":
                    watched.clear();
                    return OK;
                case "MULTI":
                    queued = new ArrayList<>();
                    refused = false;
                    return OK;
                case "EXEC":
                    return end(number);
                default:
                    if (queued == null) {
                        return FakeRedis.this.execute(command, number);
                    }
                    queued.add(command);
                    return "+QUEUED";
            }
        }

        private String end(int number) {
            List<List<String>> commands = queued;
            boolean changed = watched.entrySet().stream()
                    .anyMatch(entry -> !hashes.getOrDefault(entry.getKey(), "").equals(entry.getValue()));
            queued = null;
            watched.clear();
            if (refused) {
                return "-EXECABORT Transaction discarded because of previous errors.";
            }
            if (changed) {
                return "*-1";
            }
            String replies = commands.stream().map(one -> "\r\n" + FakeRedis.this.execute(one, number))
                    .collect(Collectors.joining());
            return "*" + commands.size() + replies;
        }
    }

    private String execute(List<String> command, int number) {
        switch (command.get(0)) {
            case "SET":
                data.put(command.get(1), command.get(2));
                return OK;
            case "DEL":
                return data.remove(command.get(1)) == null ? ":0" : ":1";
            case "HSET":
                hashes.put(command.get(1), command.get(3));
                return ":0";
            case "HGET":
                String held = hashes.get(command.get(1));
                return held == null ? "$-1" : "$" + held.length() + "\r\n" + held;
            case "CLIENT":
                String info = "id=" + number + " addr=127.0.0.1:" + number + " laddr=…";
                return command.get(1).equals("INFO") ? "$" + info.length() + "\r\n" + info : ":1";
            default:
                return OK;
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket connection : connections) {
            connection.close();
        }
    }
}
