-- Offsets of mysql-sink, written in the same transaction as the rows: they tell what a restored database lacks. In the
-- database of the rows, so that every backup holds both.
CREATE TABLE IF NOT EXISTS myDB.sluice_offsets (
  connector       VARCHAR(255) NOT NULL,
  topic           VARCHAR(249) NOT NULL,
  kafka_partition INT          NOT NULL,
  next_offset     BIGINT                COMMENT 'what is before it is in the tables',
  owner           CHAR(36)     NOT NULL COMMENT 'the task that took the partition last',
  PRIMARY KEY (connector, topic, kafka_partition)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Offsets of mysql-sink';
