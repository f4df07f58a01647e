-- 2 indexes to create (1 MB), 1 to drop. Cost of all calls 10,050 → 150 (1.5%), geometric mean over 2 statements 0.239: planner cost, not time. 7 candidates, 21 questions to the planner of PostgreSQL 18.

-- About 1 MB; without it 50.5 × the planner cost, not time, in q.sql:1. Guessed: size: width of a key.
CREATE INDEX CONCURRENTLY idx_t_a ON public.t (a);

-- About 8 kB; without it 1.5 × the planner cost, not time, in q.sql:3. Verified.
CREATE INDEX CONCURRENTLY idx_t_b ON public.t (b);

-- redundant: idx_t_a does its work; 2 MB
DROP INDEX CONCURRENTLY IF EXISTS public.old;

-- To take it back:
-- DROP INDEX CONCURRENTLY IF EXISTS public.idx_t_a;
-- DROP INDEX CONCURRENTLY IF EXISTS public.idx_t_b;
-- CREATE INDEX old ON public.t USING btree (a);
-- Not verified: statement q.sql:9: function own(integer) does not exist
-- Not verified: version: the lab plans as PostgreSQL 18; a plan of 15 may differ
