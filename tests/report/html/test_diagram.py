from __future__ import annotations

import re
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.report.html.diagram import MOST_NODES, Box, Drawing, tall, wide

STACK = (
    ("nginx 1.30", "keeps 32 idle for 60 s\ngunicorn closes after 5 s ⚠\nwaits 60 s", "gunicorn"),
    ("gunicorn", "9 workers × 30 = 270", "PostgreSQL 16\n270 of 197 connections ⚠"),
)
FAN = (
    ("nginx", "one", "api"),
    ("nginx", "two", "admin"),
    ("api", "240", "pooler"),
    ("admin", "16", "pooler"),
    ("pooler", "120", "db"),
    ("admin", "direct", "db"),
)
NAMES = st.sampled_from(["nginx", "a", "b\nlines", "c" * 60, "日本語" * 9, "d ⚠"])
EDGES = st.lists(st.tuples(NAMES, st.text("ab \n⚠", max_size=60), NAMES), max_size=9)


def drawn(edges: object, *, narrow: bool = False) -> Drawing:
    """
    A drawing that there is.
    """
    found = (tall if narrow else wide)(tuple(edges))  # type: ignore[arg-type]  # lists of tests
    assert found
    return found


def numbers(path: str) -> list[float]:
    """
    The numbers of a path.
    """
    return [float(one) for one in re.findall(r"-?[\d.]+", path)]


def apart(one: Box, other: Box) -> bool:
    """
    Whether two boxes do not touch.
    """
    return (
        one.x + one.width < other.x
        or other.x + other.width < one.x
        or one.y + one.height < other.y
        or other.y + other.height < one.y
    )


def test_a_chain_goes_from_left_to_right_in_one_line() -> None:
    drawing = drawn(STACK)
    nginx, gunicorn, postgres = drawing.boxes

    assert nginx.x + nginx.width < gunicorn.x < gunicorn.x + gunicorn.width < postgres.x
    assert len({box.y + box.height / 2 for box in drawing.boxes}) == 1
    assert [text.words for text in postgres.lines] == ["PostgreSQL 16", "270 of 197 connections ⚠"]
    assert (nginx.warns, gunicorn.warns, postgres.warns) == (False, False, True)


def test_numbers_stand_on_both_sides_of_their_arrow() -> None:
    first, second = drawn(STACK).arrows
    line = numbers(first.path)[1]

    assert [text.y < line for text in first.lines] == [True, True, False]
    assert (first.warns, second.warns) == (True, False)


def test_a_narrow_screen_gets_it_from_top_to_bottom() -> None:
    drawing = drawn(STACK, narrow=True)
    tops = [box.y for box in drawing.boxes]

    assert tops == sorted(tops)
    assert drawing.width < 350
    assert drawing.height > drawing.width / 2
    assert all(text.x > numbers(one.path)[0] for one in drawing.arrows for text in one.lines)


def test_an_arrow_ends_at_the_box_it_leads_to() -> None:
    for narrow in (False, True):
        drawing = drawn(STACK, narrow=narrow)
        for arrow, box in zip(drawing.arrows, drawing.boxes[1:], strict=True):
            x, y = numbers(arrow.head)[:2]
            edge = (y, box.y) if narrow else (x, box.x)
            assert edge[0] == edge[1]


def test_what_several_edges_say_stands_together_once() -> None:
    (arrow,) = drawn([("a", "x\ny", "b"), ("a", "y\nz", "b")]).arrows

    assert [text.words for text in arrow.lines] == ["x", "y", "z"]


@pytest.mark.parametrize("narrow", [False, True])
def test_a_way_around_passes_between_the_boxes_and_no_text_covers_another(narrow: bool) -> None:  # noqa: FBT001 - a parameter
    drawing = drawn(FAN, narrow=narrow)

    assert len(drawing.arrows) == len(FAN)
    assert all(apart(one, other) for one, other in combinations(drawing.boxes, 2))
    spots = [(text.x, text.y) for arrow in drawing.arrows for text in arrow.lines]
    assert all(
        abs(one[0] - other[0]) > 20 or abs(one[1] - other[1]) > 11
        for one, other in combinations(spots, 2)
    )
    (around,) = [one for one in drawing.arrows if one.lines and one.lines[0].words == "direct"]
    assert around.path.startswith("M ")
    assert around.path.count("M") == 1


def test_what_is_too_broad_for_its_screen_is_scrolled() -> None:
    many = tuple(("nginx", "", f"app{number}") for number in range(5))

    assert (drawn(STACK).broad, drawn(STACK, narrow=True).broad) == (False, False)
    assert (drawn(many).broad, drawn(many, narrow=True).broad) == (False, True)


@pytest.mark.parametrize("edges", [(), (("", "x", "b"),), (("a", "x", "a"),)])
def test_nothing_to_draw(edges: tuple[tuple[str, str, str], ...]) -> None:
    assert wide(edges) is None
    assert tall(edges) is None


def test_too_much_to_draw() -> None:
    edges = tuple(("nginx", "", f"app{number}") for number in range(MOST_NODES))

    assert wide(edges) is None
    assert wide(edges[:-1])


@settings(max_examples=150, deadline=None)
@given(EDGES)
def test_everything_has_its_room(edges: list[tuple[str, str, str]]) -> None:
    for make in (wide, tall):
        drawing = make(edges)
        if drawing is None:
            continue
        assert all(apart(one, other) for one, other in combinations(drawing.boxes, 2))
        for box in drawing.boxes:
            assert box.x >= 0
            assert box.y >= 0
            assert box.x + box.width <= drawing.width
            assert box.y + box.height <= drawing.height
            assert all(box.y < text.y < box.y + box.height for text in box.lines)
        for arrow in drawing.arrows:
            assert all(number >= 0 for number in numbers(arrow.path))
            assert all(one.y < other.y for one, other in pairwise(arrow.lines))
            assert all(11 < text.y < drawing.height - 3 for text in arrow.lines)
