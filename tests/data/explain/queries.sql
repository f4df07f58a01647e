-- Statements for the EXPLAIN oracle, every node type among them. "--- name" begins one, "--- name
-- | 17" one that servers from 17 on know; "| contrib" needs the contrib extensions, "| xml" libxml.
--- seq scan
SELECT * FROM templates;
--- seq scan with filter
SELECT id, name FROM templates WHERE category = 'firmware' AND score > 500;
--- seq scan with or
SELECT * FROM templates WHERE category = 'firmware' OR score = 7;
--- seq scan, like
SELECT * FROM templates WHERE name LIKE '%99%';
--- seq scan, ilike
SELECT * FROM authors WHERE email ILIKE 'u1%';
--- seq scan, function
SELECT * FROM authors WHERE lower(email) = 'u7@example.org';
--- seq scan, cast of a column
SELECT * FROM authors WHERE id::text = '7';
--- seq scan, jsonb
SELECT * FROM templates WHERE doc ->> 'k' = '7' AND doc @> '{"k": 7}';
--- seq scan, any of an array
SELECT * FROM authors WHERE team = ANY ('{1,2,3}');
--- seq scan, all of an array
SELECT * FROM authors WHERE team <> ALL ('{1,2,3}');
--- seq scan, null tests
SELECT * FROM uses WHERE note IS NULL OR amount IS NOT NULL;
--- seq scan, is distinct
SELECT * FROM uses WHERE note IS DISTINCT FROM 'x';
--- seq scan, case
SELECT CASE WHEN team > 3 THEN 'many' ELSE 'few' END FROM authors;
--- seq scan, row comparison
SELECT * FROM uses WHERE (amount, note) < (3, 'x');
--- sample scan, system
SELECT * FROM templates TABLESAMPLE SYSTEM (10) REPEATABLE (1);
--- sample scan, bernoulli
SELECT count(*) FROM templates TABLESAMPLE BERNOULLI (5) REPEATABLE (3) WHERE score > 3;
--- index scan
SELECT * FROM templates WHERE id = 7;
--- index scan with filter
SELECT * FROM templates WHERE id < 200 AND category = 'firmware';
--- index scan backward
SELECT * FROM uses ORDER BY id DESC LIMIT 3;
--- index scan, array
SELECT * FROM uses WHERE id IN (3, 5, 900, 40000);
--- index only scan
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
SELECT author_id FROM uses WHERE author_id < 5;
--- index only scan backward
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
SELECT max(author_id) FROM uses;
--- index scan on an expression
SELECT * FROM places WHERE lower(name) = 'place 7';
--- index scan, partial
SELECT id FROM places WHERE closed AND id < 900 ORDER BY id;
--- index scan, order by distance
SELECT * FROM places ORDER BY spot <-> point '(1,1)' LIMIT 3;
--- index scan, brin
SET LOCAL enable_seqscan = off; SELECT * FROM places WHERE opened < '2020-03-01';
--- index scan, gin
SET LOCAL enable_seqscan = off; SELECT * FROM places WHERE tags @> '{t3}';
--- index scan, gin text search
SET LOCAL enable_seqscan = off;
SELECT * FROM places WHERE to_tsvector('english', name) @@ to_tsquery('english', '77 | 78');
--- index scan, gist
SET LOCAL enable_seqscan = off; SELECT * FROM places WHERE spot <@ box '((0,0),(4,4))';
--- index scan, hash
SET LOCAL enable_seqscan = off; SELECT * FROM places WHERE code = 'c77';
--- bitmap scan
SELECT * FROM uses WHERE author_id BETWEEN 10 AND 20;
--- bitmap or
SELECT * FROM uses WHERE author_id BETWEEN 10 AND 20 OR id BETWEEN 4 AND 200;
--- bitmap and
SELECT * FROM tosses WHERE a = 7 AND b = 8;
--- bitmap, lossy
SET LOCAL work_mem = '64kB'; SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off;
SELECT * FROM uses WHERE author_id < 400 AND amount = 3;
--- tid scan
SELECT * FROM authors WHERE ctid = '(0,1)';
--- tid scan, any
SELECT * FROM authors WHERE ctid = ANY (ARRAY['(0,1)', '(0,5)']::tid[]);
--- tid range scan
SELECT * FROM authors WHERE ctid > '(1,1)' AND ctid < '(3,1)';
--- subquery scan
SELECT s.c + 1 FROM (SELECT team, count(*) AS c FROM authors GROUP BY team LIMIT 9) s WHERE s.c > 1;
--- function scan
SELECT * FROM generate_series(1, 30) g WHERE g % 2 = 1;
--- function scan, several
SELECT * FROM ROWS FROM (generate_series(1, 3), generate_series(1, 5)) WITH ORDINALITY AS t(a, b, o);
--- function scan, record
SELECT * FROM json_to_recordset('[{"a": 1}]') AS j(a int);
--- table function scan, xml | xml
SELECT * FROM xmltable('/r/i' PASSING ('<r><i a="1"/></r>'::xml) COLUMNS a int PATH '@a') t WHERE a = 1;
--- table function scan, json | 17
SELECT * FROM json_table('[{"a": 1}]'::jsonb, '$[*]' COLUMNS (a int PATH '$.a')) t WHERE a = 1;
--- values scan
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(a, b) WHERE a > 1;
--- cte scan
WITH big AS MATERIALIZED (SELECT * FROM uses WHERE amount > 90) SELECT * FROM big WHERE author_id < 9;
--- cte read twice
WITH t AS MATERIALIZED (SELECT team, count(*) c FROM authors GROUP BY 1)
SELECT * FROM t x JOIN t y ON x.c = y.c WHERE x.team < y.team;
--- cte in a cte
WITH a AS MATERIALIZED (SELECT * FROM uses WHERE amount < 9),
b AS MATERIALIZED (SELECT author_id, count(*) n FROM a GROUP BY 1) SELECT max(n) FROM b;
--- cte with a quoted name
WITH "My CTE" AS MATERIALIZED (SELECT team FROM authors LIMIT 9) SELECT * FROM "My CTE" WHERE team > 2;
--- cte of a name twice
WITH c AS MATERIALIZED (WITH c AS MATERIALIZED (SELECT amount FROM uses) SELECT max(amount) m FROM c)
SELECT * FROM c WHERE m > 0;
--- cte in a subplan
SELECT id, (WITH c AS MATERIALIZED (SELECT amount FROM uses u WHERE u.id = a.id) SELECT max(amount) FROM c)
FROM authors a WHERE id < 40;
--- recursive union
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 50) SELECT sum(n) FROM r;
--- recursive union, distinct, with a join
WITH RECURSIVE r(id) AS (SELECT 3 UNION SELECT u.author_id FROM r JOIN uses u ON u.id = r.id * 7)
SELECT * FROM r;
--- recursive union, search
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9)
SEARCH DEPTH FIRST BY n SET path SELECT * FROM r ORDER BY path;
--- result
SELECT 1 + 2 AS three;
--- result, one-time filter
SELECT * FROM authors WHERE now() < '1999-01-01';
--- result, never true
SELECT * FROM authors WHERE false;
--- project set
SELECT generate_series(1, team) FROM authors WHERE id < 30;
--- append
SELECT id FROM authors UNION ALL SELECT author_id FROM uses WHERE amount = 3;
--- append of partitions
SELECT * FROM events WHERE kind = 'k1';
--- append, one partition
SELECT * FROM events WHERE id < 4 AND kind = 'k1';
--- append, pruned at start
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE pruned (int) AS SELECT * FROM events WHERE id = $1;
EXECUTE pruned (7);
--- merge append
SELECT * FROM events_sorted ORDER BY id LIMIT 9;
--- merge append of a union
(SELECT id FROM authors ORDER BY id) UNION ALL (SELECT id FROM uses ORDER BY id) ORDER BY 1 LIMIT 5;
--- nested loop
SELECT * FROM authors a JOIN uses u ON u.author_id = a.id WHERE a.id = 7;
--- nested loop, left
SELECT * FROM authors a LEFT JOIN uses u ON u.author_id = a.id AND u.amount = 3 WHERE a.id < 3;
--- nested loop, join filter
SELECT * FROM authors a JOIN authors b ON a.team < b.team AND a.id + b.id = 99;
--- nested loop, cross
SELECT count(*) FROM authors a, (SELECT * FROM authors LIMIT 40) b;
--- nested loop, lateral
SELECT a.id, l.* FROM authors a, LATERAL (SELECT * FROM uses u WHERE u.author_id = a.id ORDER BY amount LIMIT 2) l
WHERE a.team = 3;
--- nested loop, semi
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
SELECT * FROM authors a WHERE EXISTS (SELECT FROM uses u WHERE u.author_id = a.id AND amount = 3);
--- nested loop, anti
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
SELECT * FROM authors a WHERE NOT EXISTS (SELECT FROM uses u WHERE u.author_id = a.id AND amount = 3);
--- nested loop, never executed
SELECT * FROM authors a JOIN uses u ON u.author_id = a.id WHERE u.id < -5;
--- memoize
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
SELECT * FROM uses u JOIN authors a ON a.id = u.author_id;
--- memoize, evictions
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL work_mem = '64kB';
SELECT * FROM uses u JOIN templates t ON t.id = u.template_id % 900;
--- materialize
SELECT * FROM authors a, authors b WHERE a.team + b.team = 38 AND a.id < 50 AND b.id < 50;
--- hash join
SELECT count(*) FROM uses u JOIN templates t ON t.id = u.template_id;
--- hash join, left
SELECT * FROM uses u LEFT JOIN authors a ON a.id = u.amount;
--- hash join, right
SELECT * FROM authors a RIGHT JOIN uses u ON a.id = u.amount AND u.note < 'y';
--- hash join, full
SELECT * FROM authors a FULL JOIN uses u ON a.id = u.amount;
--- hash join, semi
SELECT * FROM templates t WHERE t.id IN (SELECT template_id FROM uses WHERE amount < 60);
--- hash join, anti
SELECT * FROM templates t WHERE NOT EXISTS (SELECT FROM uses u WHERE u.template_id = t.id);
--- hash join, right anti
SELECT * FROM authors a WHERE NOT EXISTS (SELECT FROM uses u WHERE u.amount = a.id);
--- hash join, join filter
SELECT * FROM uses u JOIN templates t ON t.id = u.template_id AND t.score > u.amount * 10;
--- hash join, batches
SET LOCAL work_mem = '64kB'; SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = off;
SELECT count(*) FROM uses u JOIN templates t ON t.id = u.template_id AND t.name > u.note;
--- merge join
SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = off;
SELECT * FROM authors a JOIN uses u ON a.id = u.author_id;
--- merge join, full
SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = off;
SELECT * FROM authors a FULL JOIN uses u ON a.id = u.template_id;
--- merge join, left, sorted and materialized
SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = off;
SELECT * FROM uses u LEFT JOIN uses v ON u.amount = v.amount AND v.id < 600 WHERE u.id < 600;
--- merge join, semi
SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = off;
SELECT * FROM authors a WHERE a.id IN (SELECT amount FROM uses);
--- merge join, anti
SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = off;
SELECT * FROM authors a WHERE NOT EXISTS (SELECT FROM uses u WHERE u.amount = a.id);
--- joins of three
SELECT a.team, count(*) FROM authors a JOIN uses u ON u.author_id = a.id
JOIN templates t ON t.id = u.template_id AND t.category = 'firmware' GROUP BY a.team ORDER BY 2 DESC;
--- joins of partitions
SET LOCAL enable_partitionwise_join = on;
SELECT count(*) FROM events e JOIN events_sorted s ON s.id = e.id;
--- join with or
SELECT count(*) FROM authors a JOIN authors b ON a.team = b.id OR a.id = b.team;
--- sort
SELECT * FROM uses ORDER BY note, amount DESC NULLS LAST, id;
--- sort, collation
SELECT email FROM authors ORDER BY email COLLATE "C" DESC;
--- sort on disk
SET LOCAL work_mem = '64kB'; SELECT note, id FROM uses ORDER BY note, id DESC NULLS LAST;
--- sort, top n
SELECT * FROM templates ORDER BY score DESC LIMIT 5;
--- incremental sort
SELECT * FROM uses ORDER BY author_id, amount LIMIT 500;
--- incremental sort on disk
SET LOCAL work_mem = '64kB'; SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off;
SELECT * FROM uses ORDER BY author_id, amount, note;
--- limit
SELECT * FROM uses LIMIT 10;
--- limit with offset
SELECT * FROM uses ORDER BY id OFFSET 20000 LIMIT 10;
--- limit with ties
SELECT * FROM uses ORDER BY amount FETCH FIRST 3 ROWS WITH TIES;
--- unique
SET LOCAL enable_hashagg = off; SELECT DISTINCT team FROM authors;
--- distinct, hashed
SELECT DISTINCT amount FROM uses;
--- distinct on
SELECT DISTINCT ON (team) team, email FROM authors ORDER BY team, id;
--- aggregate, plain
SELECT count(*), sum(amount), avg(amount) FILTER (WHERE amount > 3) FROM uses;
--- aggregate, distinct and ordered
SELECT count(DISTINCT amount), string_agg(note, ',' ORDER BY id) FROM uses WHERE id < 99;
--- aggregate, grouped
SET LOCAL enable_hashagg = off; SELECT team, count(*) FROM authors GROUP BY team;
--- aggregate, hashed
SELECT amount, count(*) FROM uses GROUP BY amount HAVING count(*) > 100;
--- aggregate, hashed on disk
SET LOCAL work_mem = '64kB'; SET LOCAL enable_sort = off;
SELECT template_id, count(*) FROM uses GROUP BY 1;
--- aggregate, mixed
SELECT team, id % 3, count(*) FROM authors GROUP BY CUBE (team, (id % 3));
--- aggregate, sorted grouping sets
SET LOCAL enable_hashagg = off;
SELECT team, id % 3, count(*) FROM authors GROUP BY ROLLUP (team, (id % 3));
--- aggregate, grouping sets
SELECT team, count(*), rank() OVER (ORDER BY team) FROM authors GROUP BY GROUPING SETS ((team), ());
--- aggregate of partitions
SET LOCAL enable_partitionwise_aggregate = on; SELECT id, count(*) FROM events GROUP BY id;
--- aggregate, min of an index
SELECT min(id), max(id) FROM uses;
--- group
SET LOCAL enable_hashagg = off; SELECT team FROM authors GROUP BY team;
--- group, hashed
SELECT note FROM uses GROUP BY note;
--- window
SELECT id, sum(amount) OVER (PARTITION BY author_id ORDER BY id) FROM uses WHERE id < 3000;
--- windows, several
SELECT id, rank() OVER (ORDER BY amount), count(*) OVER (PARTITION BY note) FROM uses WHERE id < 3000;
--- window with a run condition
SELECT * FROM (SELECT id, row_number() OVER (ORDER BY id) n FROM uses) s WHERE n <= 5;
--- window, large
SET LOCAL work_mem = '64kB'; SELECT sum(amount) OVER (), note FROM uses;
--- set operation, intersect
SELECT id FROM authors INTERSECT SELECT author_id FROM uses;
--- set operation, intersect all
SELECT id FROM authors INTERSECT ALL SELECT author_id FROM uses;
--- set operation, except
SELECT id FROM uses EXCEPT SELECT id FROM authors;
--- set operation, except all sorted
SET LOCAL enable_hashagg = off; SELECT amount FROM uses EXCEPT ALL SELECT id FROM authors;
--- set operation, union
SELECT team FROM authors UNION SELECT amount FROM uses;
--- set operation, values
SELECT id FROM authors INTERSECT ALL (SELECT author_id FROM uses EXCEPT VALUES (1), (2));
--- lock rows
SELECT * FROM authors WHERE team = 3 FOR UPDATE;
--- lock rows, skip locked
SELECT * FROM uses WHERE amount = 3 ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED;
--- init plan
SELECT * FROM uses WHERE amount = (SELECT max(id) FROM authors WHERE team = 3);
--- init plans, two
SELECT (SELECT count(*) FROM authors), (SELECT max(email) FROM authors), id FROM uses WHERE id < 9;
--- init plan of an init plan
SELECT count(*) FROM uses WHERE amount > (SELECT avg(team) FROM authors WHERE id > (SELECT avg(amount) FROM uses));
--- init plan, exists
SELECT * FROM authors WHERE EXISTS (SELECT FROM uses WHERE amount = 96) AND team = 3;
--- init plan, array
SELECT * FROM authors WHERE team = ANY (ARRAY(SELECT amount FROM uses WHERE id < 5));
--- init plan, row
SELECT * FROM authors WHERE (id, team) = (SELECT 7, max(team) - 12 FROM authors);
--- init plan in limit
SELECT * FROM uses ORDER BY note LIMIT (SELECT min(team) + 3 FROM authors);
--- init plan and workers
SELECT count(*) FROM uses u JOIN templates t ON t.id = u.template_id
WHERE t.score < (SELECT avg(team) FROM authors);
--- init plans, twelve
SELECT count(*) FROM uses WHERE amount IN ((SELECT 1), (SELECT 2), (SELECT 3), (SELECT 4), (SELECT 5), (SELECT 6),
(SELECT 7), (SELECT 8), (SELECT 9), (SELECT max(team) FROM authors), (SELECT 11), (SELECT avg(id)::int FROM templates));
--- sub plan
SELECT a.id, (SELECT count(*) FROM uses u WHERE u.author_id = a.id) FROM authors a;
--- sub plan in a filter
SELECT * FROM authors a WHERE team < (SELECT avg(amount) FROM uses u WHERE u.author_id = a.id) - 47;
--- sub plan, hashed
SELECT * FROM uses WHERE author_id NOT IN (SELECT id FROM authors WHERE team = 3);
--- sub plan, not hashed
SET LOCAL work_mem = '64kB'; SELECT count(*) FROM authors WHERE id < 9 AND id NOT IN (SELECT template_id FROM uses);
--- sub plan, exists
SELECT id, EXISTS (SELECT FROM uses u WHERE u.author_id = a.id AND amount = 3) FROM authors a;
--- sub plan, any
SELECT id FROM authors a WHERE team > ANY (SELECT amount FROM uses u WHERE u.author_id = a.id);
--- sub plan in a sub plan
SELECT id, (SELECT max(amount) FROM uses u WHERE u.author_id = a.id
AND u.template_id > (SELECT min(id) FROM templates t WHERE t.id > a.team)) FROM authors a WHERE id < 50;
--- sub plan in output of a sort
SELECT a.email, (SELECT max(amount) FROM uses u WHERE u.author_id = a.id) m FROM authors a ORDER BY m, 1;
--- everything at once
WITH big AS MATERIALIZED (SELECT * FROM uses WHERE amount > 90), m AS (SELECT max(amount) x FROM uses)
SELECT (SELECT email FROM authors a WHERE a.id = b.author_id), b.* FROM big b
WHERE b.amount = (SELECT x FROM m) AND b.author_id NOT IN (SELECT id FROM authors WHERE team = 3) ORDER BY b.note;
--- insert
INSERT INTO authors VALUES (9001, 'a', 1), (9002, 'b', 2);
--- insert from a query, foreign key
INSERT INTO uses SELECT 1000000 + g, 1, 3 FROM generate_series(1, 50) g;
--- insert, on conflict
INSERT INTO authors VALUES (7, 'a', 1) ON CONFLICT (id) DO UPDATE SET team = 4 WHERE authors.team > 3 RETURNING *;
--- insert, on conflict do nothing
INSERT INTO authors SELECT id, email, 1 FROM authors ON CONFLICT DO NOTHING;
--- insert into partitions
INSERT INTO events SELECT g, '2025-01-01', 'k' FROM generate_series(4990, 5010) g;
--- update with trigger
UPDATE authors SET team = team WHERE id < 10;
--- update from
UPDATE uses u SET amount = a.team FROM authors a WHERE a.id = u.author_id AND a.team = 3;
--- update of partitions
UPDATE events SET kind = 'z' WHERE at = '2025-02-02';
--- update returning
UPDATE templates SET score = score + 1 WHERE id < 40 RETURNING id, (SELECT max(team) FROM authors);
--- delete
DELETE FROM uses WHERE amount = 3;
--- delete, checked by a foreign key
DELETE FROM authors WHERE id > 9000;
--- delete using
DELETE FROM uses u USING authors a WHERE a.id = u.author_id AND a.team = 3;
--- merge
MERGE INTO authors a USING (VALUES (5), (900)) s(id) ON a.id = s.id
WHEN MATCHED THEN UPDATE SET team = 1 WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'x', 1);
--- merge, do nothing and delete
MERGE INTO uses u USING authors a ON u.id = a.id WHEN MATCHED AND a.team = 3 THEN DELETE WHEN MATCHED THEN DO NOTHING;
--- modifying cte
WITH gone AS (DELETE FROM uses WHERE id = 7 RETURNING *) SELECT count(*) FROM gone;
--- modifying cte that nothing reads
WITH gone AS (DELETE FROM uses WHERE amount = 7) SELECT 1;
--- modifying ctes, two
WITH a AS (UPDATE authors SET team = 1 WHERE id < 5 RETURNING id), b AS (DELETE FROM uses WHERE author_id < 2 RETURNING id)
SELECT * FROM a FULL JOIN b USING (id);
--- create table as
CREATE TABLE copied AS SELECT * FROM uses WHERE amount < 10;
--- materialized view
CREATE MATERIALIZED VIEW seen AS SELECT team, count(*) FROM authors GROUP BY 1;
--- cursor
DECLARE c CURSOR FOR SELECT * FROM uses ORDER BY amount;
--- view with a barrier
SELECT * FROM guarded WHERE note > 'a' AND id < 900;
--- parallel aggregate
SELECT category, count(*) FROM templates GROUP BY 1;
--- parallel sort
SELECT * FROM templates ORDER BY score, id;
--- parallel hash
SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = off;
SELECT count(*) FROM uses u JOIN uses v ON u.id = v.template_id;
--- parallel bitmap
SET LOCAL enable_seqscan = off; SET LOCAL min_parallel_index_scan_size = 0;
SELECT count(*) FROM uses WHERE author_id BETWEEN 10 AND 200;
--- parallel index only scan
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL min_parallel_index_scan_size = 0;
SELECT count(author_id) FROM uses WHERE author_id < 400;
--- parallel append
SELECT kind, count(*) FROM events GROUP BY kind;
--- parallel append of a union
SELECT count(*) FROM (SELECT id FROM authors UNION ALL SELECT author_id FROM uses UNION ALL SELECT id FROM templates) s;
--- parallel, leader off
SET LOCAL parallel_leader_participation = off; SELECT category, count(*) FROM templates GROUP BY 1;
--- parallel, no workers to be had
SET LOCAL max_parallel_workers = 0; SELECT category, count(*) FROM templates GROUP BY 1;
--- parallel, sub plan above
SELECT s.n, (SELECT max(amount) FROM uses u WHERE u.id = s.n) FROM (SELECT category, count(*) n FROM templates GROUP BY 1) s;
--- parallel below a nested loop
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off;
SELECT count(*) FROM (VALUES (1), (2), (3)) v(x), (SELECT amount, count(*) FROM uses GROUP BY 1) s WHERE s.amount > v.x;
--- parallel, single copy | 16
SET LOCAL debug_parallel_query = on; SELECT count(*) FROM authors;
--- odd names
SELECT * FROM "Odd ""Names""" "An Alias" WHERE "Some Column" = 'a -> b (cost=1..2)';
--- literal with line breaks
SELECT * FROM authors WHERE email = E'first\n   ->  Seq Scan on x (\n last''one';
--- jit
SET LOCAL jit = on; SET LOCAL jit_above_cost = 0; SELECT sum(team) FROM authors;
--- disabled nodes
SET LOCAL enable_seqscan = off; SELECT * FROM templates;
--- foreign scan, file | contrib
SELECT * FROM outside WHERE a > 1;
--- foreign scan, pushed down | contrib
SELECT * FROM remote_uses WHERE amount = 3 ORDER BY id LIMIT 5;
--- foreign scan, local filter | contrib
SELECT count(*) FROM remote_uses WHERE random() < 2;
--- foreign join | contrib
SELECT count(*) FROM remote_uses u JOIN remote_authors a ON a.id = u.author_id WHERE a.team = 3;
--- foreign scans, asynchronous | contrib
SELECT count(*) FROM remote_parts WHERE amount < 50;
--- foreign update | contrib
UPDATE remote_uses SET amount = 4 WHERE id = 7;
--- foreign update, row by row | contrib
UPDATE remote_uses SET amount = 4 WHERE id < 20 AND random() < 2;
