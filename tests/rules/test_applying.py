"""Whether a changed setting needs a restart or a reload."""

from __future__ import annotations

import pytest

from advisor.model import Apply, Fix, Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.rules.applying import apply_of, apply_of_line
from tests.support.postgres_servers import findings

NO_VERSION = Unknown("the version is not stated")


def facts(major: int | None, name: str = "") -> dict[str, Fact]:
    found: dict[str, Fact] = {"pg.major": Value(major, Origin.GIVEN) if major else NO_VERSION}
    return found | ({"setting.name": Value(name, Origin.LITERAL)} if name else {})


@pytest.mark.parametrize(
    ("names", "major", "expected"),
    [
        (["work_mem"], 16, Apply.RELOAD),
        (["max_wal_size"], 16, Apply.RELOAD),
        (["shared_buffers"], 16, Apply.RESTART),
        (["work_mem", "max_connections"], 16, Apply.RESTART),
        (["autovacuum_max_workers"], 17, Apply.RESTART),
        (["autovacuum_max_workers"], 18, Apply.RELOAD),
        (["autovacuum_max_workers"], None, Apply.RESTART),
        (["autovacuum_max_workers"], 99, Apply.RESTART),
        (["nothing"], 16, Apply.RELOAD),
    ],
)
def test_the_context_of_a_setting_decides(
    names: list[str], major: int | None, expected: Apply
) -> None:
    settings = [("postgresql", name) for name in names]
    for said in (Apply.RELOAD, Apply.RESTART):
        assert apply_of(said, settings, facts(major)) is expected


def test_other_programs_are_believed() -> None:
    both = [("gunicorn", "workers"), ("postgresql", "work_mem")]
    assert apply_of(Apply.RESTART, both, facts(16)) is Apply.RESTART
    assert apply_of(Apply.RELOAD, both, facts(16)) is Apply.RELOAD
    assert apply_of(Apply.RELOAD, [("nginx", "gzip_vary")], facts(16)) is Apply.RELOAD


def test_a_line_needs_no_less_than_its_rule_says() -> None:
    assert apply_of_line(Apply.RELOAD, facts(16, "shared_buffers")) is Apply.RESTART
    assert apply_of_line(Apply.RELOAD, facts(16, "work_mem")) is Apply.RELOAD
    assert apply_of_line(Apply.RESTART, facts(16, "work_mem")) is Apply.RESTART
    assert apply_of_line(Apply.RELOAD, facts(16)) is Apply.RELOAD


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("shared_buffers = 12GB\n", "PG302", Apply.RESTART),
        ("maintenance_work_mem = 3GB\n", "PG310", Apply.RELOAD),
    ],
)
def test_findings_of_a_server(text: str, code: str, expected: Apply) -> None:
    fix = findings(text, memory="16GB", major=17)[code].fix
    assert isinstance(fix, Fix)
    assert fix.apply is expected
