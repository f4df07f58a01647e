"""Facts as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.collect import collect
from advisor.model import FactRow
from advisor.overview import fact_rows
from tests.support.deployments import NGINX, Plain, deploy
from tests.support.stacks import STACK


def rows(
    files: Mapping[str, str], *, host: Plain | None = None, target: Plain | None = None
) -> dict[str, FactRow]:
    """Listed facts by name."""
    return {one.name: one for one in fact_rows(collect(deploy(files, host=host, target=target)))}


class TestFactRows:
    def test_what_is_written_is_listed(self) -> None:
        found = rows({"postgresql.conf": "work_mem = 8MB\n"}, target={"postgresql": 16})

        assert found["pg.work_mem"].value == "8 MB"
        assert str(found["pg.work_mem"].location) == "postgresql.conf:1"
        assert "pg.shared_buffers" not in found

    def test_hosts_are_always_listed(self) -> None:
        found = rows({"postgresql.conf": ""})

        assert found["host.cpus"].origin is None
        assert found["host.cpus"].note == "the number of cpus is not stated"
        assert rows({"postgresql.conf": ""}, host={"cpus": 4})["host.cpus"].value == "4"

    def test_lists_are_not(self) -> None:
        found = rows({"nginx.conf": NGINX % "x:1"})

        assert "upstream.locations" not in found
        assert found["upstream.name"].value == "backend"

    def test_every_row_names_its_subject(self) -> None:
        subjects = {one.subject for one in rows(STACK).values()}

        assert "gunicorn.conf.py" in subjects
        assert "upstream backend" in subjects
