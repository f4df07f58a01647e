from __future__ import annotations

import time
from typing import ClassVar

import pytest

from advisor.model import Location, Mark
from advisor.report.cells import width_of
from advisor.report.snippet import Role, Row, clusters, digits, rows, source_line

WIDTH = 60


def draw(mark: Mark, *lines: str, width: int = WIDTH) -> list[str]:
    """
    The source and caret rows for one mark in a file of `lines`.
    """
    found = rows((mark,), {"f": lines}, width)
    return [f"{row.text} {row.label}".rstrip() for row in found if row.text][1:]


def span(column: int, end: int = 0, line: int = 1) -> Location:
    return Location("f", line, column, line if end else 0, end)


class TestCarets:
    def test_they_stand_under_the_span(self) -> None:
        assert draw(Mark(span(5, 8), "here"), "    abc def") == ["    abc def", "    ^^^ here"]

    def test_without_an_end_they_reach_the_end_of_the_text(self) -> None:
        assert draw(Mark(span(5)), "    abc def  ") == ["    abc def", "    ^^^^^^^"]

    def test_a_span_of_several_lines_is_shown_on_its_first(self) -> None:
        assert draw(Mark(Location("f", 1, 3, 4, 2)), "a {", "}") == ["a {", "  ^"]

    def test_an_empty_span_has_one(self) -> None:
        assert draw(Mark(span(2, 2)), "abc") == ["abc", " ^"]

    def test_a_column_behind_the_text_is_at_its_end(self) -> None:
        assert draw(Mark(span(99)), "abc") == ["abc", "   ^"]

    def test_an_empty_line_has_one(self) -> None:
        assert [row.role for row in rows((Mark(span(1)),), {"f": ("",)}, WIDTH)] == [
            Role.PLACE,
            Role.SOURCE,
            Role.SOURCE,
            Role.CARET,
        ]

    def test_tabs_reach_the_next_stop(self) -> None:
        assert draw(Mark(span(4, 5)), "\ta\tb") == ["    a   b", "        ^"]

    def test_wide_characters_take_two(self) -> None:
        assert draw(Mark(span(3, 5)), "日本語だ!") == ["日本語だ!", "    ^^^^"]

    def test_combining_characters_take_none(self) -> None:
        assert draw(Mark(span(3, 4)), "e\u0301x") == ["e\u0301x", " ^"]

    def test_control_characters_take_the_width_of_their_escape(self) -> None:
        assert draw(Mark(span(2, 3)), "\x1b!\r") == ["\\x1b!", "    ^"]

    def test_secrets_take_the_width_of_the_stars(self) -> None:
        line = "url=redis://:a-long-password@h x"

        assert draw(Mark(span(32, 33)), line) == ["url=redis://:***@h x", " " * 19 + "^"]

    def test_the_inside_of_a_secret_has_one(self) -> None:
        assert draw(Mark(span(8, 9)), "pwd=hunter2") == ["pwd=***", "       ^"]


class TestLongLines:
    def test_the_start_stays_when_the_span_fits(self) -> None:
        source, carets = draw(Mark(span(3, 5)), "ab" * 100)

        assert source.startswith("abab")
        assert source.endswith("…")
        assert width_of(source) <= WIDTH - 3
        assert carets == "  ^^"

    def test_both_ends_are_cut_around_the_span(self) -> None:
        source, carets = draw(Mark(span(151, 154)), "a" * 150 + "XYZ" + "b" * 150)

        assert source[0] == source[-1] == "…"
        assert source[carets.index("^") : carets.rindex("^") + 1] == "XYZ"

    def test_the_end_of_the_line_has_no_mark(self) -> None:
        source, carets = draw(Mark(span(198)), "a" * 197 + "XYZ")

        assert source.endswith("aXYZ")
        assert source.startswith("…")
        assert len(carets) == len(source)

    @pytest.mark.parametrize("char", ["日", "\u202e", "e\u0301", "\t", "\U000e0041"])
    @pytest.mark.parametrize("column", [1, 90, 180, 300])
    @pytest.mark.parametrize("width", [20, 60])
    def test_any_character_fits(self, char: str, column: int, width: int) -> None:
        source, carets, *_ = draw(Mark(span(column, column + 2)), char * 300, width=width)

        assert width_of(source) <= width - 3
        assert "^" in carets
        assert len(carets.rstrip("^")) <= width - 3

    def test_a_line_of_megabytes_takes_no_time(self) -> None:
        started = time.process_time()
        draw(Mark(span(2_000_000, 2_000_003)), "ab " * 1_500_000)

        assert time.process_time() - started < 5


class TestLabels:
    def test_one_that_does_not_fit_goes_below(self) -> None:
        label = "this does not fit beside the carets and is folded below them"

        assert draw(Mark(span(4, 12), label), "set abcdefgh", width=40) == [
            "set abcdefgh",
            "   ^^^^^^^^",
            "   this does not fit beside the",
            "   carets and is folded below them",
        ]

    def test_it_cannot_break_the_line(self) -> None:
        assert draw(Mark(span(1, 2), "a\r\n\x1b[2J"), "x") == ["x", "^ a \\x1b[2J"]


class TestClusters:
    SOURCES: ClassVar = {"f": tuple("abcdefghij"), "g": ("x",)}

    def mark(self, line: int, path: str = "f", label: str = "") -> Mark:
        return Mark(Location(path, line), label)

    def test_neighbours_share_a_snippet(self) -> None:
        marks = [self.mark(8), self.mark(1, "g"), self.mark(6)]

        assert clusters(marks, self.SOURCES) == [(self.mark(8), self.mark(6)), (self.mark(1, "g"),)]

    def test_distant_lines_do_not(self) -> None:
        marks = [self.mark(1), self.mark(4)]

        assert clusters(marks, self.SOURCES) == [(self.mark(1),), (self.mark(4),)]

    def test_the_same_mark_counts_once(self) -> None:
        assert clusters([self.mark(1), self.mark(1)], self.SOURCES) == [(self.mark(1),)]

    def test_places_without_source_stay_alone(self) -> None:
        marks = [self.mark(1, "h"), self.mark(2, "h")]

        assert clusters(marks, self.SOURCES) == [(marks[0],), (marks[1],)]

    def test_lines_between_are_shown_and_the_place_is_the_first_mark(self) -> None:
        found = list(rows((self.mark(3, label="three"), self.mark(1)), self.SOURCES, WIDTH))

        assert found == [
            Row(Role.PLACE, "f:3:1"),
            Row(Role.SOURCE),
            Row(Role.SOURCE, "a", 1),
            Row(Role.CARET, "^"),
            Row(Role.SOURCE, "b", 2),
            Row(Role.SOURCE, "c", 3),
            Row(Role.CARET, "^", label="three"),
        ]

    def test_marks_far_apart_on_a_long_line_have_their_own_view(self) -> None:
        marks = (Mark(span(1, 2), "a"), Mark(span(5, 6), "b"), Mark(span(399, 400), "c"))

        found = list(rows(marks, {"f": ("x" * 400,)}, WIDTH))

        assert [row.role for row in found[2:]] == [
            Role.SOURCE,
            Role.CARET,
            Role.CARET,
            Role.SOURCE,
            Role.CARET,
        ]


def test_a_place_without_source_carries_its_label() -> None:
    found = list(rows((Mark(Location("x\x1b", 7, 2), "upstream\n app"),), {}, WIDTH))

    assert found == [Row(Role.PLACE, "x\\x1b:7:2", label="upstream app")]


@pytest.mark.parametrize(("line", "text"), [(0, None), (1, "a"), (2, "b"), (3, None)])
def test_source_line(line: int, text: str | None) -> None:
    assert source_line(Location("f", line), {"f": ("a\r\n", "b")}) == text


def test_digits() -> None:
    assert digits([]) == 3
    assert digits([Mark(Location("f", 9))]) == 3
    assert digits([Mark(Location("f", 9)), Mark(Location("f", 123_456))]) == 6
