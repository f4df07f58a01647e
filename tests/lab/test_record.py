from __future__ import annotations

import json

import pytest

from advisor.errors import StatisticsError
from advisor.lab.record import FORMAT, looks_like_record, read_record

TABLE = {"name": "t", "tuples": 10, "pages": 1}
COLUMN = {"table": "t", "name": "a", "number": 1, "type": "integer"}


def text(**parts: object) -> str:
    return json.dumps({"format": FORMAT, "tables": [TABLE], "columns": [COLUMN], **parts})


def test_a_snapshot_is_read_whatever_else_it_holds() -> None:
    found = read_record("s.json", text(wal=[{"x": 1}], server={"major": 16, "role": "me"}))

    assert looks_like_record(text())
    assert found.server.major == 16
    assert found.tables[0].qualified == "public.t"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as a snapshot"),
        (text(format="other"), "is no snapshot of the format"),
        (text(tables=[]), "holds no tables with columns"),
        (text(columns=[]), "holds no tables with columns"),
        (text(tables=[{"name": "t"}]), "says nothing of the size of any table"),
        (text(tables=[{"name": 7}]), "Expected `str`, got `int`"),
    ],
)
def test_what_is_wrong_is_said_with_the_path(content: str, message: str) -> None:
    with pytest.raises(StatisticsError, match=message) as caught:
        read_record("s.json", content)

    assert str(caught.value).startswith("s.json: ")
