-- Tables of the connectors, for MySQL and MariaDB. Every script here can run repeatedly: it creates what is missing.
-- The sink creates no table itself: a delete may come before the first insert.
CREATE DATABASE IF NOT EXISTS myDB CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS myDB.gps_fixes (
  utime       BIGINT      NOT NULL COMMENT 'µs since the epoch, UTC: the key of the record',
  recorded_at DATETIME(6) NOT NULL COMMENT 'utime as a date, UTC',
  fix_mode    TINYINT     NOT NULL COMMENT '0 not seen yet, 1 no fix, 2 longitude and latitude, 3 altitude too',
  satellites  INT         NOT NULL COMMENT 'satellites used; NCLT writes 0 in good fixes too',
  latitude    DOUBLE               COMMENT 'rad, WGS 84; null where the log says nan',
  longitude   DOUBLE               COMMENT 'rad, WGS 84; null where the log says nan',
  altitude    DOUBLE               COMMENT 'm; null where the log says nan',
  track       DOUBLE               COMMENT 'degrees clockwise from north; null where the log says nan',
  speed       DOUBLE               COMMENT 'm/s; null where the log says nan',
  PRIMARY KEY (utime)
) COMMENT 'GPS fixes of the NCLT data set, a row for each fix';
