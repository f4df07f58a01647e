"""
Source lines with marks, and changes.
"""

from __future__ import annotations

from advisor.model import Change, Location, Mark
from advisor.report.html.code import MOST_PLACES, Patch, excerpts, patches
from tests.support.report_builders import finding, fix, report

LINES = ("pool_size=20,  # много", "x = '日本' + y", "\tdeep = 1", "password = hunter2", "a" * 500)


def pieces(*marks: Mark) -> list[list[tuple[bool, str]]]:
    """
    The lines of the excerpts, cut where marks begin and end.
    """
    item = finding(mark=marks[0], related=marks[1:])
    found = excerpts(item, report(item, sources={"a.py": LINES}))
    return [line.pieces for one in found for line in one.lines]


class TestExcerpts:
    def test_a_mark_is_cut_out(self) -> None:
        (line,) = pieces(Mark(Location("a.py", 1, 1, 1, 13), "twenty"))

        assert line == [(True, "pool_size=20"), (False, ",  # много")]

    def test_two_marks_on_one_line(self) -> None:
        (line,) = pieces(Mark(Location("a.py", 1, 1, 1, 5)), Mark(Location("a.py", 1, 6, 1, 10)))

        assert [marked for marked, _ in line] == [True, False, True, False]

    def test_wide_characters_take_two_columns_and_stay_one_piece(self) -> None:
        (line,) = pieces(Mark(Location("a.py", 2, 6, 2, 8)))

        assert line == [(False, "x = '"), (True, "日本"), (False, "' + y")]

    def test_blanks_at_the_start_are_not_marked(self) -> None:
        (line,) = pieces(Mark(Location("a.py", 3, 1)))

        assert line == [(False, "    "), (True, "deep = 1")]

    def test_secrets_are_stars_and_long_lines_are_cut(self) -> None:
        secret, long = pieces(Mark(Location("a.py", 4)), Mark(Location("a.py", 5, 1, 5, 3)))

        assert "".join(text for _, text in secret) == "password = ***"
        assert 100 < sum(len(text) for _, text in long) < 200

    def test_labels_stand_below_their_line(self) -> None:
        item = finding(mark=Mark(Location("a.py", 1, 1, 1, 5), "short " * 60))
        (excerpt,) = excerpts(item, report(item, sources={"a.py": LINES}))

        assert " ".join(excerpt.lines[0].labels) == ("short " * 60).strip()

    def test_a_place_without_its_file_is_named(self) -> None:
        item = finding(mark=Mark(Location("gone.py", 7, 3), "there"))
        (excerpt,) = excerpts(item, report(item))

        assert (excerpt.place, excerpt.label, excerpt.lines) == ("gone.py:7:3", "there", ())

    def test_there_is_an_end(self) -> None:
        marks = tuple(Mark(Location("x", 10 * at)) for at in range(1, 40))
        item = finding(mark=marks[0], related=marks[1:])

        assert len(excerpts(item, report(item))) == MOST_PLACES


class TestPatches:
    def test_changes_of_one_file_stand_together(self) -> None:
        changes = (
            Change("a", "a = 1", "a = 2", None, "x.conf"),
            Change("b", "", "b = 3", None, "x.conf"),
            Change("c", "c = 4", "", None, "y.conf"),
        )
        found = patches(finding(fix=fix("", changes=changes, snippet="")))

        assert found == [
            Patch("x.conf", ("a = 1",), ("a = 2", "b = 3"), "a = 2\nb = 3"),
            Patch("y.conf", ("c = 4",), (), ""),
        ]

    def test_a_snippet_that_says_the_same_is_left_out(self) -> None:
        assert len(patches(finding(fix=fix()))) == 1

    def test_a_snippet_that_says_more(self) -> None:
        found = patches(finding(fix=fix(snippet="location / {\n\ta;\n}", language="nginx")))

        assert found[1] == Patch(
            "nginx snippet",
            (),
            ("location / {", "\ta;", "}"),
            "location / {\n\ta;\n}",
            signed=False,
        )

    def test_what_a_secret_was_taken_out_of_is_not_copied(self) -> None:
        changes = (Change("dsn", "", "password=hunter2", None, "x.conf"),)
        found = patches(finding(fix=fix("", changes=changes, snippet="")))

        assert found == [Patch("x.conf", (), ("password=***",), "")]

    def test_without_a_fix_there_is_nothing(self) -> None:
        assert patches(finding()) == []
