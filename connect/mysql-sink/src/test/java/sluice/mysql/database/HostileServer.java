package sluice.mysql.database;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * A server that asks the client for a file in answer to statements, and keeps what it gets. It may also give no answer,
 * and say what a list of its processes shall show.
 */
final class HostileServer implements AutoCloseable {
    private static final int PROTOCOL_41_AND_ALL_OTHERS = 0x00ff_f7ff & ~(1 << 11) & ~(1 << 5);

    final List<String> received = new CopyOnWriteArrayList<>();
    /** Every statement that it got. */
    final List<String> statements = new CopyOnWriteArrayList<>();
    /** Which statements get no answer. */
    volatile Predicate<String> silent = sql -> false;
    /** The list of its processes: id, command, state, and 1 for one that waits for space. */
    volatile String[][] processes = {};
    /** For how many seconds it says that it runs. */
    volatile String uptime = "1000000";
    /** The error with which it answers KILL; 0 for none. */
    volatile int killError;
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final String file;
    private final Predicate<String> asks;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private int connections;

    /** `asks` says for which statements it asks for the file. */
    HostileServer(String file, Predicate<String> asks) throws IOException {
        this.file = file;
        this.asks = asks;
        background(this::serve);
    }

    private static void background(Runnable action) {
        Thread thread = new Thread(action);
        thread.setDaemon(true);
        thread.start();
    }

    String url() {
        return "jdbc:mysql://127.0.0.1:" + listener.getLocalPort() + "/d";
    }

    private void serve() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                sockets.add(socket);
                Session session = new Session(socket, ++connections);
                background(() -> run(socket, session));
            } catch (IOException error) {
                // The test is over.
            }
        }
    }

    private static void run(Socket socket, Session session) {
        try (socket) {
            session.run();
        } catch (IOException error) {
            // The client has gone, or the test is over.
        }
    }

    /** Takes no more connections; those that it has go on. */
    void refuse() throws IOException {
        listener.close();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private final class Session {
        private final DataInputStream in;
        private final OutputStream out;
        private final int number;
        private int sequence;

        Session(Socket socket, int number) throws IOException {
            this.number = number;
            in = new DataInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        }

        void run() throws IOException {
            ByteArrayOutputStream hello = new ByteArrayOutputStream();
            hello.write(10);
            hello.writeBytes("8.0.0\0".getBytes(StandardCharsets.US_ASCII));
            hello.writeBytes(new byte[] {(byte) number, 0, 0, 0});
            hello.writeBytes("12345678\0".getBytes(StandardCharsets.US_ASCII));
            int flags = PROTOCOL_41_AND_ALL_OTHERS;
            hello.writeBytes(new byte[] {(byte) flags, (byte) (flags >> 8), 45, 2, 0, (byte) (flags >> 16), 0, 21});
            hello.writeBytes(new byte[10]);
            hello.writeBytes("123456789012\0mysql_native_password\0".getBytes(StandardCharsets.US_ASCII));
            send(hello.toByteArray());
            read();
            ok();
            while (true) {
                byte[] command = read();
                String sql = new String(command, 1, command.length - 1, StandardCharsets.UTF_8);
                statements.add(sql);
                if (command[0] != 3) {
                    ok();
                } else if (silent.test(sql)) {
                    continue;
                } else if (asks.test(sql)) {
                    ask();
                    ask(); // Once more, in the middle of the statement.
                    ok();
                } else if (sql.startsWith("KILL") && killError != 0) {
                    error(killError);
                } else if (sql.startsWith("SHOW") || sql.toUpperCase(Locale.ROOT).startsWith("SELECT")) {
                    rows(sql);
                } else {
                    ok();
                }
            }
        }

        private void ask() throws IOException {
            send(("\u00fb" + file).getBytes(StandardCharsets.ISO_8859_1));
            StringBuilder content = new StringBuilder();
            for (byte[] part = read(); part.length > 0; part = read()) {
                content.append(new String(part, StandardCharsets.UTF_8));
            }
            received.add(content.toString());
        }

        private void error(int code) throws IOException {
            ByteArrayOutputStream packet = new ByteArrayOutputStream();
            packet.writeBytes(new byte[] {(byte) 0xff, (byte) code, (byte) (code >> 8)});
            packet.writeBytes("#HY000refused".getBytes(StandardCharsets.US_ASCII));
            send(packet.toByteArray());
        }

        /** Answers a query for processes, uptime, or variables: their names and values, or one row of both. */
        private void rows(String sql) throws IOException {
            String[][] variables = sql.startsWith("SHOW")
                    ? new String[][] {{"local_infile", "ON"}, {"max_allowed_packet", "16777216"}}
                    : new String[][] {{"16777216", "UTC"}};
            boolean list = sql.contains("PROCESSLIST");
            String[][] others = sql.contains("Uptime") ? new String[][] {{"Uptime", uptime}} : variables;
            String[][] rows = list ? processes : others;
            int columns = list ? 4 : 2;
            send(new byte[] {(byte) columns});
            for (int index = 0; index < columns; index++) {
                column("c" + index);
            }
            send(new byte[] {(byte) 0xfe, 0, 0, 2, 0});
            for (String[] row : rows) {
                ByteArrayOutputStream packet = new ByteArrayOutputStream();
                for (String value : row) {
                    packet.write(value.length());
                    packet.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
                }
                send(packet.toByteArray());
            }
            send(new byte[] {(byte) 0xfe, 0, 0, 2, 0});
        }

        private void column(String name) throws IOException {
            ByteArrayOutputStream packet = new ByteArrayOutputStream();
            for (String text : new String[] {"def", "", "", "", name, name}) {
                packet.write(text.length());
                packet.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
            }
            packet.writeBytes(new byte[] {12, 45, 0, 0, 1, 0, 0, (byte) 0xfd, 0, 0, 0, 0, 0});
            send(packet.toByteArray());
        }

        private void ok() throws IOException {
            send(new byte[] {0, 0, 0, 3, 0, 0, 0}); // In a transaction
        }

        private void send(byte[] packet) throws IOException {
            out.write(new byte[] {(byte) packet.length, (byte) (packet.length >> 8), 0, (byte) sequence++});
            out.write(packet);
            out.flush();
        }

        private byte[] read() throws IOException {
            int length = in.readUnsignedByte() | in.readUnsignedByte() << 8 | in.readUnsignedByte() << 16;
            sequence = in.readUnsignedByte() + 1;
            return in.readNBytes(length);
        }
    }
}
