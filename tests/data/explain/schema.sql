-- What tests/support/explain_servers.py does not have: indexes of every kind, sorted partitions.
CREATE TABLE places (id int PRIMARY KEY, name text, code text, closed bool, opened date, tags text[], spot point);
INSERT INTO places SELECT g, 'Place ' || g, 'c' || g, g % 20 = 0, date '2020-01-01' + g / 10,
  ARRAY['t' || g % 9, 'u' || g % 70], point(g % 100, g / 100) FROM generate_series(1, 8000) g;
CREATE INDEX places_name ON places (lower(name));
CREATE INDEX places_closed ON places (id) WHERE closed;
CREATE INDEX places_opened ON places USING brin (opened) WITH (pages_per_range = 4);
CREATE INDEX places_tags ON places USING gin (tags);
CREATE INDEX places_words ON places USING gin (to_tsvector('english', name));
CREATE INDEX places_spot ON places USING gist (spot);
CREATE INDEX places_code ON places USING hash (code);
CREATE TABLE events_sorted (id int PRIMARY KEY, at date) PARTITION BY RANGE (id);
CREATE TABLE events_sorted_1 PARTITION OF events_sorted FOR VALUES FROM (0) TO (5000);
CREATE TABLE events_sorted_2 PARTITION OF events_sorted FOR VALUES FROM (5000) TO (10000);
INSERT INTO events_sorted SELECT g, date '2025-01-01' FROM generate_series(0, 9999) g;
CREATE TABLE tosses (a int, b int, filler text);
INSERT INTO tosses SELECT (g * 7919) % 101, (g * 10473) % 97, repeat('x', 200) FROM generate_series(1, 20000) g;
CREATE INDEX tosses_a ON tosses (a);
CREATE INDEX tosses_b ON tosses (b);
CREATE FUNCTION leaky(text) RETURNS bool LANGUAGE plpgsql COST 1 AS 'BEGIN RETURN true; END';
CREATE VIEW guarded WITH (security_barrier) AS SELECT * FROM uses WHERE leaky(note) AND amount < 50;
-- EXPLAIN of a transition table: the only way to see a Named Tuplestore Scan.
CREATE TABLE watched (id int);
CREATE TABLE explained (number serial, line text);
CREATE FUNCTION explain_rows() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE found text;
  BEGIN
    FOR found IN EXECUTE 'EXPLAIN (' || TG_ARGV[0] || ') SELECT * FROM added WHERE id > 3' LOOP
      INSERT INTO explained (line) VALUES (found);
    END LOOP;
    RETURN NULL;
  END $$;
VACUUM ANALYZE;
