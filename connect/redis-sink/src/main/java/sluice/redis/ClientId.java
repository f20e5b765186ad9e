package sluice.redis;

import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/** Redis' id and address of a connection. After a restart of Redis, another connection may have the same id. */
record ClientId(String id, String address) {
    private static final ClientId UNKNOWN = new ClientId(null, null);

    static ClientId fetch(Connection connection) {
        try {
            byte[] info = (byte[]) connection.executeCommand(new CommandArguments(Command.CLIENT).add("INFO"));
            String[] parts = new String(info, Protocol.CHARSET).split(" ");
            return new ClientId(parts[0].substring("id=".length()), parts[1].substring("addr=".length()));
        } catch (JedisDataException reply) { // no permission, or Redis before 6.2
            if (reply.getMessage().startsWith("NOAUTH")) {
                throw reply;
            }
            return UNKNOWN;
        }
    }

    /** Kills this connection over `other`; returns whether it is certainly gone. */
    boolean kill(Connection other) {
        if (id == null) {
            return false;
        }
        try {
            other.executeCommand(
                    new CommandArguments(Command.CLIENT).add("KILL").add("ID").add(id).add("ADDR").add(address));
            return true;
        } catch (JedisDataException reply) {
            return false;
        }
    }
}
