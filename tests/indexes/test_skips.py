"""
Indexes that are read from end to end, because no condition is on their first column.
"""

from __future__ import annotations

import pytest

from advisor.indexes import IndexCandidate, Query, advise
from advisor.indexes.schema import read_schema
from advisor.plans.read import read_plans

WHOLE = """
 Index Only Scan using {index} on movie_ratings  (cost=0.42..18531.31 rows=4985 width=4) \
(actual time=0.121..66.197 rows=4982 loops=1)
   Index Cond: {condition}
   Heap Fetches: 0
{more} Execution Time: 66.414 ms
"""
LATER = "movie_ratings_movie_id_user_id_key"
LIMITED = " Limit  (cost=0.42..37.60 rows=10 width=4) (actual time=0.1..9.0 rows=10 loops=1)\n   ->"


def advised(source: str, schema: str = "") -> tuple[IndexCandidate, ...]:
    (plan,) = read_plans("x.txt", source).plans
    assert plan.problems == ()
    return advise([Query("x.txt", plan)], read_schema({"s": schema}) if schema else None).candidates


def whole(index: str = LATER, condition: str = "(user_id = 143)", more: str = "") -> str:
    return WHOLE.format(index=index, condition=condition, more=more)


def test_an_index_read_as_a_whole_gets_one_led_by_what_is_asked_for() -> None:
    (found,) = advised(whole())
    assert found.statement == (
        "CREATE INDEX CONCURRENTLY idx_movie_ratings_user_id ON movie_ratings (user_id);"
    )
    (service,) = found.services
    assert (service.unit, service.index, service.rows_scanned) == ("entries", LATER, 1_000_000)
    assert found.size is not None
    assert 6_000_000 < found.size < 30_000_000


def test_the_subplan_of_a_not_in_runs_to_its_end() -> None:
    source = """
 Seq Scan on movies m  (cost=9603.35..9830.36 rows=5 width=34) \
(actual time=23.3..24.7 rows=12 loops=1)
   Filter: ((NOT (ANY (id = (hashed SubPlan 1).col1))) AND ((genre)::text = 'consumer'::text))
   Rows Removed by Filter: 9988
   SubPlan 1
     ->  Index Only Scan using movie_ratings_movie_id_user_id_key on movie_ratings  \
(cost=0.42..9603.30 rows=19 width=4) (actual time=0.625..22.887 rows=17 loops=1)
           Index Cond: (user_id = 1343)
           Heap Fetches: 0
 Execution Time: 25.064 ms
"""
    assert [one.columns for one in advised(source)] == [("user_id",)]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (whole("movie_ratings_user_id_idx"), "its first column is asked for"),
        (whole("ratings_by_movie"), "nothing says what its first column is"),
        (whole(more="   Index Searches: 4000\n"), "PostgreSQL 18 skips from movie to movie"),
        (whole(condition="((movie_id > 5) AND (user_id = 143))"), "a range bounds it"),
        (whole(more="   Filter: (rating > 3)\n"), "fewer rows than entries for another reason"),
        (whole().replace("18531.31", "60.31"), "few entries are read"),
        (LIMITED + whole().lstrip("\n"), "the LIMIT stops it"),
    ],
)
def test_other_index_scans_are_left_alone(source: str, why: str) -> None:
    assert advised(source) == (), why


def test_a_schema_knows_the_first_column_and_what_exists() -> None:
    declared = "CREATE TABLE movie_ratings (movie_id int, user_id int);"
    pair = f"{declared} CREATE INDEX pair ON movie_ratings (movie_id, user_id);"
    assert [one.columns for one in advised(whole("pair"), pair)] == [("user_id",)]
    turned = f"{declared} CREATE INDEX {LATER} ON movie_ratings (user_id, movie_id);"
    assert advised(whole(), turned) == ()
    there = f"{pair} CREATE INDEX other ON movie_ratings (user_id);"
    assert advised(whole("pair"), there) == ()
