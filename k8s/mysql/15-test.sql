-- The lab's table, which the source connector watches, with its sample row.
CREATE TABLE IF NOT EXISTS myDB.test (
  id         BIGINT       NOT NULL AUTO_INCREMENT,
  name       VARCHAR(100),
  email      VARCHAR(200),
  department VARCHAR(200),
  modified   TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'UTC',
  PRIMARY KEY (id),
  INDEX modified_index (modified)
) COMMENT 'Watched by mysql-source: every change of it is a message in cdc.myDB.test';

INSERT IGNORE INTO myDB.test (id, name, email, department) VALUES (1, 'alice', 'alice@abc.com', 'engineering');
