-- mysql-source writes the time into its one row after each heartbeat of the server (k8s/connectors/mysql-source.yaml).
CREATE TABLE IF NOT EXISTS myDB.source_heartbeat (
  id   TINYINT      NOT NULL COMMENT 'always 1',
  beat TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
  PRIMARY KEY (id)
) ENGINE=InnoDB COMMENT 'A transaction of rows that mysql-source reads back';
