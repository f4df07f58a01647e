"""Snapshots: every row knows its line, and what is broken is told with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers import _snapshot_relations as relations
from advisor.parsers import _snapshot_rows as rows
from advisor.parsers.snapshot import FORMAT, SECTIONS, read_snapshot, schema
from advisor.sources.kinds import Kind, kind_of, kind_of_named

PUBLISHED = Path(__file__).parents[2] / "advisor" / "live" / "snapshot-v1.schema.json"
SERVER = {
    "version": "16.4",
    "version_num": 160004,
    "major": 16,
    "collected_at": "2026-01-02T03:04:05Z",
}
SNAPSHOT = f"""{{
"format": "{FORMAT}",
"server": {json.dumps(SERVER)},
"unreadable": [
  {{"section": "hba", "what": "rules", "reason": "permission denied"}}
],
"tables": [
  {{"name": "a", "tuples": 5}},
  {{"name": "b", "surprise": "of a later version"}}
],
"settings": []
}}
"""


def test_rows_know_their_lines() -> None:
    found, problems = read_snapshot("snapshot.json", SNAPSHOT)
    assert found is not None
    assert problems == ()
    tables = found.read(relations.Table) or ()
    assert [str(found.place(one)) for one in tables] == ["snapshot.json:8", "snapshot.json:9"]
    assert found.place(found.server).line == 3
    assert found.read(rows.Setting) == ()
    assert found.read(rows.Slot) is None


def test_the_layout_does_not_matter() -> None:
    for text in (
        json.dumps(json.loads(SNAPSHOT), indent=4),
        json.dumps(json.loads(SNAPSHOT)),
        "\ufeff" + SNAPSHOT.replace("\n", "\r\n"),
    ):
        found, problems = read_snapshot("snapshot.json", text)
        assert found is not None
        assert problems == ()
        assert len(found.read(relations.Table) or ()) == 2


def test_why_something_is_missing() -> None:
    found, _ = read_snapshot("snapshot.json", SNAPSHOT)
    assert found is not None
    assert found.why_missing("hba") == "the snapshot lacks it: permission denied"
    assert found.why_missing("slots") == "the snapshot has no “slots”"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (SNAPSHOT[:-40], 9, "cut off"),
        (SNAPSHOT.replace('{"name": "a", "tuples": 5}', '{"name": 7}'), 8, "Expected `str`"),
        (SNAPSHOT.replace('{"name": "a", "tuples": 5}', "7"), 8, "expected an object"),
        (SNAPSHOT.replace(FORMAT, "advisor-snapshot-v9"), 1, "advisor-snapshot-v9"),
        (SNAPSHOT.replace('"server"', '"host"'), 1, "says nothing of the server"),
        ("[]", 1, "cut off or edited"),
        (SNAPSHOT.replace(": 5}", ": 1e999}"), 1, "cut off or edited"),
        (SNAPSHOT.replace(": 5}", ": NaN}"), 1, "cut off or edited"),
        (SNAPSHOT.replace(": 5}", f": {10**40}}}"), 1, "cut off or edited"),
    ],
)
def test_what_is_broken_is_told_with_its_line(text: str, line: int, message: str) -> None:
    _, problems = read_snapshot("snapshot.json", text)
    assert problems[0].location.line == line
    assert message in problems[0].message


@settings(max_examples=60)
@given(st.integers(0, len(SNAPSHOT)), st.text(max_size=3), st.integers(0, 5))
def test_nothing_makes_it_crash(at: int, text: str, cut: int) -> None:
    found, problems = read_snapshot("x.json", SNAPSHOT[:at] + text + SNAPSHOT[at + cut :])
    assert found is not None or problems


def test_the_published_schema_is_that_of_the_rows() -> None:
    """Write it anew with `schema` when a row gains a field."""
    assert json.loads(PUBLISHED.read_text("utf-8")) == json.loads(json.dumps(schema()))
    assert set(SECTIONS) < set(schema()["properties"])


@pytest.mark.parametrize("path", ["snapshot.json", "deploy/server.json", "plan.json"])
def test_it_is_told_by_its_beginning(path: str) -> None:
    """Also where a statement in it looks like a plan."""
    text = SNAPSHOT.replace(
        "permission denied", "Node Type: Seq Scan (cost=0.00..1.00 rows=1 width=4)"
    )
    assert kind_of(path, text) is Kind.SNAPSHOT
    assert kind_of_named("upload", text) is Kind.SNAPSHOT
    assert kind_of(path, text.replace("advisor-snapshot", "other")) is not Kind.SNAPSHOT
