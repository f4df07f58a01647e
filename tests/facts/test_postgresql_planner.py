"""What is forbidden to the planner, and which statements are timed at every node."""

from __future__ import annotations

import pytest

from tests.support.postgres_servers import server, unknown, value

LOADED = "shared_preload_libraries = 'auto_explain'\n"
TIMED = "auto_explain.log_min_duration = 1s\nauto_explain.log_analyze = on\n"


@pytest.mark.parametrize(
    ("text", "names", "switch"),
    [
        ("", (), True),
        ("enable_seqscan = off\n", ("enable_seqscan",), True),
        ("enable_seqscan = off\nenable_seqscan = on\n", (), True),
        ("enable_memoize = 0\nENABLE_SORT = no\n", ("enable_memoize", "enable_sort"), None),
        ("enable_partitionwise_join = off\n", (), True),
        ("enable_seqscan = maybe\nenable_unheard = off\n", (), True),
        ("enable_seqscan = {{ seqscan }}\n", (), True),
    ],
)
def test_methods_that_are_switched_off(text: str, names: tuple[str, ...], switch: object) -> None:
    facts = server(text, major=16)

    assert value(facts, "pg.switched_off") == names
    assert value(facts, "pg.switch") is switch


def test_old_versions_lack_some_switches() -> None:
    """A fix that names them all would not be understood there."""
    facts = server("enable_seqscan = off\n", major=10)

    assert value(facts, "pg.switched_off") == ("enable_seqscan",)
    assert value(facts, "pg.switch") is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TIMED, "none"),
        (LOADED, "none"),
        (LOADED + TIMED, "most"),
        ("session_preload_libraries = '$libdir/auto_explain'\n" + TIMED, "most"),
        (LOADED + TIMED + "auto_explain.log_timing = off\n", "none"),
        (LOADED + TIMED + "auto_explain.log_timing = on\n", "most"),
        (LOADED + TIMED + "auto_explain.sample_rate = 0.01\n", "some"),
        (LOADED + TIMED + "auto_explain.sample_rate = 0\n", "none"),
        (LOADED + TIMED + "auto_explain.sample_rate = often\n", "most"),
        (LOADED + "auto_explain.log_analyze = on\n", "none"),
        (LOADED + "auto_explain.log_min_duration = 0\nauto_explain.log_analyze = off\n", "none"),
    ],
)
def test_statements_that_are_timed(text: str, kind: str) -> None:
    assert value(server(text), "pg.timed_statements") == kind


def test_a_template_decides_later() -> None:
    facts = server(LOADED + TIMED + "auto_explain.sample_rate = {{ rate }}\n")

    assert unknown(facts, "pg.timed_statements").location is not None
