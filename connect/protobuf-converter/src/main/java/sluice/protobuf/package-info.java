/**
 * Protobuf converter of Kafka Connect. This package is what Connect and the MySQL sink see: converter and decoder.
 *
 * <p>The packages below it, and after the arrow those that each imports; never in a circle:
 *
 * <pre>
 * sluice.protobuf → read schema write
 * write           → read schema   structs to messages, and the .proto file of a struct's schema
 * read            →               messages to structs
 * schema          →               .proto files: parsed, linked, fetched from the registry
 * </pre>
 */
package sluice.protobuf;
