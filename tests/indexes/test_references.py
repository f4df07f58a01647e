"""
Columns in the texts of plans, and what is none though it looks like one.
"""

from __future__ import annotations

import pytest

from advisor.indexes.references import references


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((at >= '2025-01-01'::date) AND (o.x < '2 y'::text))", "at o.x"),
        ("(at < '2025-01-01 00:00:00'::timestamp(3) without time zone)", "at"),
        ("EXTRACT(year FROM o.at)", "o.at"),
        ("sum((l.price * ('1'::numeric - l.\"Disc ount\")))", "l.price l.Disc ount"),
        ('(lower((u.email)::text) COLLATE "C")', "u.email"),
        ("((kind)::character varying(10) = ANY ('{a,b}'::text[]))", "kind"),
        ("(span)::interval day to second", "span"),
        ("(x)::double precision", "x"),
        ("(x)::shop.colour", "x"),
        ("((o.place).street)", "o.place"),
        ("o.*", "o.*"),
        ("(count(*))", ""),
        ("PARTIAL shop.total(o.x, level => 5)", "o.x"),
        ("(a * b)", "a b"),
        ("(NOT (hashed SubPlan 1))", ""),
        ("((InitPlan 1).col1)", ""),
        ("CASE WHEN active THEN true ELSE NULL::boolean END", "active"),
        ('("time" > now())', "time"),
        ("(a OPERATOR(shop.=) b)", "a b"),
        ("('it''s o.x' || b)", "b"),
    ],
)
def test_columns_are_told_from_everything_else(text: str, expected: str) -> None:
    found = references(text)
    assert " ".join(".".join(filter(None, one)) for one in found) == expected
