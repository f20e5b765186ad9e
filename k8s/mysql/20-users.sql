-- Users of the database, each with the least rights that work. Run after the tables. The
-- passwords are filled in from the place's own secrets.
CREATE USER IF NOT EXISTS 'connect'@'%' IDENTIFIED BY '${MYSQL_CONNECT_PASSWORD}';
GRANT SELECT, INSERT, UPDATE, DELETE ON myDB.gps_fixes TO 'connect'@'%';

-- `sluice status` and `sluice proof`
CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY '${MYSQL_READER_PASSWORD}';
GRANT SELECT ON myDB.* TO 'reader'@'%';
