/**
 * MySQL sink of Kafka Connect. This package is what Connect sees: connector, task, and the check of their settings.
 *
 * <p>The packages below it, and after the arrow those that each imports; never in a circle:
 *
 * <pre>
 * sluice.mysql → batch column config database detect encode metrics
 * batch        → column config database encode metrics text   batches to transactions; dead letters; offsets
 * detect       → avro config encode text                      value.format=detect: Avro, Protobuf or JSON, per record
 * avro         → column config encode text                    Avro bytes to rows, without objects between
 * encode       → column config text                           records to rows: keys, structs, maps; mismatches
 * database     → column config metrics                        connections, errors, rights, definitions of tables
 * column       → text                                         types of columns: what each takes, how it is written
 * text         →                                              rows as the text that LOAD DATA reads; JSON
 * config       →                                              the settings
 * metrics      →                                              counters of a task
 * </pre>
 */
package sluice.mysql;
