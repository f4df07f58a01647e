"""Several pools of one process for one database."""

from __future__ import annotations

import pytest

from tests.support.deployments import known, subjects, unknown

SA = "from sqlalchemy import create_engine\n"
FIRST = "a = create_engine('postgresql://db:5432/shop')\n"
POOL = "from psycopg_pool import ConnectionPool\np = ConnectionPool('%s')\n"
PAIRS = {
    "b = create_engine('postgresql+psycopg://db:5432/shop')": True,
    POOL % "host=db port=5432 dbname=shop": True,
    "b = create_engine('postgresql://db:5432/other')": False,
    "b = create_engine('postgresql://replica:5432/shop')": False,
    "b = create_engine('postgresql://db:6432/shop')": False,
    "b = create_engine(URL)": False,
    "def make():\n    return create_engine('postgresql://db:5432/shop')": False,
}


@pytest.mark.parametrize("second", PAIRS)
def test_two_of_them(second: str) -> None:
    files = {"app/db.py": f"{SA}{FIRST}{second}\n", "gunicorn.conf.py": "workers = 2\n"}
    found = {one.path + str(one.location): one for one in subjects(files, "stack.engine")}
    places = [known(one.facts, "twin.place") for one in found.values()]
    assert sorted(map(str, places)) == ["", "app/db.py:2" if PAIRS[second] else ""]


def test_the_first_has_none() -> None:
    files = {"app/db.py": SA + FIRST, "gunicorn.conf.py": "workers = 2\n"}
    (one,) = subjects(files, "stack.engine")
    assert known(one.facts, "twin.place") == ""
    unknown(one.facts, "twin.capacity")


def test_a_third_has_the_first() -> None:
    text = f"{SA}{FIRST}{FIRST.replace('a =', 'b =')}{FIRST.replace('a =', 'c =')}"
    files = {"app/db.py": text, "gunicorn.conf.py": "workers = 2\n"}
    found = [known(one.facts, "twin.place") for one in subjects(files, "stack.engine")]
    assert found == ["", "app/db.py:2", "app/db.py:2"]


def test_a_migration_is_no_twin() -> None:
    files = {
        "app/db.py": SA + FIRST,
        "migrations/env.py": SA + FIRST,
        "gunicorn.conf.py": "workers = 2\n",
    }
    found = [known(one.facts, "twin.place") for one in subjects(files, "stack.engine")]
    assert found == ["", ""]
