"""The text of a snapshot: one row a line, the same rows always the same text."""

from __future__ import annotations

import json

from advisor.live.collect import Collected
from advisor.live.sections import NAMES, SECTIONS
from advisor.live.write import write_snapshot
from advisor.parsers import _snapshot_relations as relations
from advisor.parsers import snapshot as parser
from tests.support.snapshots import SERVER

COLLECTED = Collected(
    server=SERVER,
    unreadable=({"section": "hba", "what": "rules", "reason": "denied"},),
    sections={
        "tables": ({"schema": "public", "name": 'zwölf\u2028\n"x"'}, {"name": "b"}),
        "settings": (),
    },
)


def test_a_row_is_a_line_and_sections_have_one_order() -> None:
    lines = write_snapshot(COLLECTED).split("\n")
    assert lines[0] == "{"
    assert lines[1] == f'"format": "{parser.FORMAT}",'
    assert lines[3:6] == [
        '"unreadable": [',
        '  {"section": "hba", "what": "rules", "reason": "denied"}',
        "],",
    ]
    assert lines[6] == '"settings": [],'
    assert lines[8] == '  {"schema": "public", "name": "zwölf\u2028\\n\\"x\\""},'
    assert lines[-1] == ""


def test_what_is_written_is_read_back_with_its_lines() -> None:
    text = write_snapshot(COLLECTED)
    assert json.loads(text)["tables"][1] == {"name": "b"}
    found, problems = parser.read_snapshot("snapshot.json", text)
    assert problems == ()
    assert found is not None
    tables = found.read(relations.Table) or ()
    assert [(one.name, one.at_line) for one in tables] == [('zwölf\u2028\n"x"', 9), ("b", 10)]


def test_every_section_can_be_read() -> None:
    """Whoever adds a question adds the row that its answer is read into."""
    assert set(NAMES) == set(parser.SECTIONS) - {"unreadable"}
    assert len(NAMES) == len(set(NAMES))


def test_questions_ask_for_fields_that_rows_have() -> None:
    """No column is collected that nobody can read: each has its field, in every version."""
    from advisor.live.sections import Scope

    for major in range(12, 19):
        for section in SECTIONS:
            query = section.query(Scope(major, samples=True))
            fields = parser.SECTIONS[section.name].__struct_fields__
            for line in query.split("\n"):
                _, found, alias = line.rstrip(",").rpartition(" AS ")
                name = alias.strip().strip('"')
                if found and name.isidentifier() and not line.strip().startswith("FROM"):
                    assert name in fields, (section.name, major, name)
