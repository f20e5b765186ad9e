-- The lab's table, read by mysql-source, with a sample row. Its columns are those of gps_fixes, with its own key and the
-- time of the last change.
CREATE TABLE IF NOT EXISTS myDB.test (
  id         BIGINT       NOT NULL AUTO_INCREMENT,
  utime      BIGINT       NOT NULL COMMENT 'µs since the epoch, UTC',
  fix_mode   TINYINT      NOT NULL COMMENT '0 not seen yet, 1 no fix, 2 longitude and latitude, 3 altitude too',
  satellites INT          NOT NULL COMMENT 'satellites used; NCLT writes 0 in good fixes too',
  latitude   DOUBLE                COMMENT 'rad, WGS 84; null where the log says nan',
  longitude  DOUBLE                COMMENT 'rad, WGS 84; null where the log says nan',
  altitude   DOUBLE                COMMENT 'm; null where the log says nan',
  track      DOUBLE                COMMENT 'degrees clockwise from north; null where the log says nan',
  speed      DOUBLE                COMMENT 'm/s; null where the log says nan',
  modified   TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'UTC',
  PRIMARY KEY (id),
  INDEX modified_index (modified)
) COMMENT 'Watched by mysql-source: every change of it is a record in cdc.myDB.test';

-- Insert the sample row into an empty table. A table with other columns, from an older version, stays as it is.
SET @statement = IF(
  EXISTS (
    SELECT * FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = 'myDB' AND TABLE_NAME = 'test' AND COLUMN_NAME = 'utime'
  ) AND NOT EXISTS (SELECT * FROM myDB.test),
  'INSERT INTO myDB.test (id, utime, fix_mode, satellites, latitude, longitude, altitude, track, speed)
   VALUES (1, 1365180000000000, 3, 0, 0.738168312, -1.460986747, 269, 17.8, 0)',
  'DO 0'
);
PREPARE sample FROM @statement;
EXECUTE sample;
DEALLOCATE PREPARE sample;
