-- Users of the database, each with the least privileges that work. Runs after the tables. The passwords are filled in
-- from the target's own secrets; of a user that is there already, too: somebody may have changed or locked it.
CREATE USER IF NOT EXISTS 'connect'@'%' IDENTIFIED BY '${MYSQL_CONNECT_PASSWORD}';
ALTER USER 'connect'@'%' IDENTIFIED BY '${MYSQL_CONNECT_PASSWORD}' ACCOUNT UNLOCK;
-- TRIGGER only to see triggers: where a table is sure to have none, the sink replaces whole rows, which is fastest.
GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON myDB.gps_fixes TO 'connect'@'%';
-- Its offsets, in the transactions of the rows.
GRANT SELECT, INSERT, UPDATE ON myDB.sluice_offsets TO 'connect'@'%';
-- Otherwise, and once the table has another index, rows go through a temporary table, which only its session sees.
GRANT CREATE TEMPORARY TABLES ON myDB.* TO 'connect'@'%';

-- mysql-source: the table once, then the binary log, which cannot be granted for one table alone
CREATE USER IF NOT EXISTS 'source'@'%' IDENTIFIED BY '${MYSQL_SOURCE_PASSWORD}';
ALTER USER 'source'@'%' IDENTIFIED BY '${MYSQL_SOURCE_PASSWORD}' ACCOUNT UNLOCK;
GRANT SELECT ON myDB.test TO 'source'@'%';
GRANT SELECT, INSERT, UPDATE ON myDB.source_heartbeat TO 'source'@'%';
GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'source'@'%';

-- `sluice status` and `sluice proof`
CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY '${MYSQL_READER_PASSWORD}';
ALTER USER 'reader'@'%' IDENTIFIED BY '${MYSQL_READER_PASSWORD}' ACCOUNT UNLOCK;
GRANT SELECT ON myDB.* TO 'reader'@'%';
