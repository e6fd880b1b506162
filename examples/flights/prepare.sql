-- Turns the nycflights13 tables into training rows (January to June) and live rows (July to December).
-- The runner replaces ${data} (folder of the CSV files) and ${out} (folder to write to). Any DuckDB 1.5 runs it.
--
-- Every feature is known when the flight is scheduled to leave: nothing from the flight itself (dep_time, air_time, ...)
-- is used, and the weather is that of the hour before the scheduled one. Only `late` looks ahead.
-- SPDX-License-Identifier: Apache-2.0

CREATE TEMP TABLE flights AS
SELECT * FROM read_csv('${data}/flights.csv', nullstr = 'NA', types = {'time_hour': 'TIMESTAMP'});

CREATE TEMP TABLE weather AS
SELECT * FROM read_csv('${data}/weather.csv', nullstr = 'NA', types = {'time_hour': 'TIMESTAMP'});

CREATE TEMP TABLE planes AS
SELECT * FROM read_csv('${data}/planes.csv', nullstr = 'NA');

-- `time_hour` is UTC, `month`, `hour` and `minute` are New York's clock. (time_hour, minute, origin, carrier, flight) is
-- unique, so flight_id does not depend on the number of threads.
CREATE TEMP TABLE rows AS
SELECT
    row_number() OVER (ORDER BY f.time_hour, f.minute, f.origin, f.carrier, f.flight) AS flight_id,
    f.time_hour + to_minutes(f.minute)                                    AS sched_dep,
    f.month::INTEGER                                                      AS month,
    dayofweek(make_date(f.year, f.month, f.day))::INTEGER                 AS weekday,
    f.hour::INTEGER                                                       AS hour,
    f.minute::INTEGER                                                     AS minute,
    f.carrier,
    f.origin,
    f.dest,
    f.distance::DOUBLE                                                    AS distance,
    (f.year - p.year)::INTEGER                                            AS plane_age,
    p.seats::INTEGER                                                      AS seats,
    p.manufacturer,
    p.engine,
    count(*) OVER (PARTITION BY f.origin, f.time_hour)::INTEGER           AS departures_in_hour,
    w.temp,
    w.dewp,
    w.humid,
    w.wind_dir::DOUBLE                                                    AS wind_dir,
    w.wind_speed,
    w.wind_gust,
    w.precip,
    w.pressure,
    w.visib,
    (f.arr_delay > 15)::INTEGER                                           AS late
FROM flights f
LEFT JOIN weather w ON w.origin = f.origin AND w.time_hour = f.time_hour - INTERVAL 1 HOUR
LEFT JOIN planes p ON p.tailnum = f.tailnum;

COPY (FROM rows WHERE month <= 6 ORDER BY flight_id) TO '${out}/train.parquet' (FORMAT parquet, COMPRESSION zstd);
COPY (FROM rows WHERE month > 6 ORDER BY flight_id) TO '${out}/live.parquet' (FORMAT parquet, COMPRESSION zstd);
