"""
Regular expressions of nginx: what is read, and that it means what Python takes it for.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from advisor.parsers.pcre import Where, charset
from advisor.parsers.pcre.automaton import Automaton, components
from advisor.parsers.pcre.machine import Machine, TooManyStepsError
from advisor.parsers.pcre.parse import NotUnderstoodError, parse
from advisor.parsers.pcre.pattern import Pattern, pattern
from advisor.parsers.pcre.program import compile_tree
from tests.support.patterns import ALPHABET, ANCHORED, PLAIN, TEXTS


def read(text: str, *, caseless: bool = False) -> Pattern:
    """An expression that is understood."""
    found = pattern(text, caseless=caseless)
    assert found is not None
    return found


class TestParse:
    @pytest.mark.parametrize(
        ("text", "matched", "refused"),
        [
            (r"^\Qa.b\E$", "a.b", "axb"),
            (r"^\h\H$", "\tx", "\t\t"),
            (r"^\v\V$", "\nx", "\n\n"),
            (r"^\N$", "a", "\n"),
            (r"^[[:alpha:]_]+$", "Ab_", "a1"),
            (r"^[^[:^digit:]]$", "7", "x"),
            (r"^[]a]$", "]", "b"),
            (r"^[^]a]$", "b", "]"),
            (r"^[a\-c]$", "-", "b"),
            (r"^[+--]$", ",", "."),
            (r"^[\w-]$", "-", "."),
            (r"^[\x41-\x{43}]$", "B", "D"),
            (r"^[\b]$", "\b", "b"),
            (r"^a{2,}$", "aaa", "a"),
            (r"^a{$", "a{", "a"),
            (r"^(?i)ab$", "aB", "ac"),
            (r"^(?i:a)b$", "Ab", "AB"),
            (r"^(?i)a(?-i)b$", "Ab", "AB"),
            (r"^(?s).$", "\n", ""),
            (r"(?m)^b$", "a\nb\nc", "a b c"),
            (r"^(?#comment)a$", "a", "b"),
            (r"^(?<n>a)\k<n>$", "aa", "ab"),
            (r"^(?P<n>a)\k{n}$", "aa", "ab"),
            (r"^(?'n'a)\g{n}$", "aa", "ab"),
            (r"^(a|b)\1$", "bb", "ab"),
            (r"^(a)\g1$", "aa", "ab"),
            (r"^(?>a|ab)c$", "ac", "abc"),
            (r"^a++b$", "aab", "aa"),
            (r"^a\z", "a", "a\n"),
            (r"^a\Z", "a\n", "ab"),
            (r"\Aa", "ab", "ba"),
            (r"(?<=/)x$", "/x", "ax"),
            (r"^(?!a)x?", "x", "a"),
            ("é", "é", "e"),
        ],
    )
    def test_the_syntax_of_pcre(self, text: str, matched: str, refused: str) -> None:
        one = read(text)
        assert one.matches(matched.encode()) is True
        assert one.matches(refused.encode()) is False

    @pytest.mark.parametrize(
        "text",
        [
            "(",
            "a)",
            "[a",
            "*a",
            "a**",
            "(?<n>a)(?<n>b)",
            r"\2(a)",
            r"\k<n>",
            "(?R)",
            "(?1)",
            "(?|a|b)",
            "(?(1)a)",
            "(*ACCEPT)",
            r"\p{L}",
            r"\K",
            r"\R",
            r"\X",
            "(?x) a",
            "[[.a.]]",
            "[[:name:]]",
            "[z-a]",
            r"\Qa\E+",
            "a{2000}",
            "a{3,2}",
            "a{,2}",
            "a{ 2 }",
            "^*",
            "(?",
            "\\",
            "(" * 70 + ")" * 70,
            "(?:a{200}){200}",
            "a" * 3000,
        ],
    )
    def test_what_is_wrong_or_rare_is_refused(self, text: str) -> None:
        assert pattern(text) is None

    def test_case_is_folded_for_ascii_letters_only(self) -> None:
        assert read("[k-n]é", caseless=True).matches("Né".encode()) is True
        assert read("É", caseless=True).matches("é".encode()) is False

    def test_groups_are_counted_and_named(self) -> None:
        tree = parse(r"(a)(?:b)(?<rest>(c)|d)")
        assert (tree.groups, tree.names) == (3, (("rest", 2),))
        assert read(r"(a)(?<rest>b)").number("rest") == 2
        assert read(r"(a)(?<rest>b)").number("3") is None

    @given(st.text(r"ab(|)[]^$.*+?{}\-1,<>=!:/QEdwsnkxi'", max_size=14))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        found = pattern(text)
        assert found is None or found.matches(b"ab") in (True, False, None)

    @pytest.mark.parametrize(
        ("text", "anchored"),
        [
            ("^a$", True),
            (r"\Aa", True),
            ("a", False),
            ("^a|^b", True),
            ("^a|b$", False),
            ("(^a)(b$)", True),
            ("(?>^a)", True),
            ("(?m)^a$", False),
            ("", False),
        ],
    )
    def test_anchors(self, text: str, *, anchored: bool) -> None:
        assert read(text).anchored is anchored


class TestMachine:
    @settings(max_examples=200, deadline=None)
    @given(ANCHORED, st.lists(TEXTS, min_size=3, max_size=6))
    def test_it_finds_what_python_finds(self, text: str, subjects: list[bytes]) -> None:
        mine = pattern(text)
        assume(mine is not None)
        assert mine is not None
        theirs = re.compile(text.encode())
        for subject in subjects:
            try:
                run = Machine(mine.program, subject, 100_000).search()
            except TooManyStepsError:
                continue
            found = theirs.search(subject)
            spans = found and [found.span(n) for n in range(theirs.groups + 1)]
            assert run.matched == (found is not None)
            assert not spans or list(run.spans) == [one if one[0] >= 0 else None for one in spans]

    def test_it_gives_up_after_its_steps(self) -> None:
        program = compile_tree(parse("^(a+)+$"))
        with pytest.raises(TooManyStepsError):
            Machine(program, b"a" * 40 + b"!", 5_000).search()
        assert read("^(a+)+$").matches(b"a" * 40 + b"!") is None

    def test_a_part_that_took_no_part_captures_nothing(self) -> None:
        run = read("(a)|(b)").run(b"b")
        assert run is not None
        assert (run.group(b"b", 1), run.group(b"b", 2), run.group(b"b", 9)) == (None, b"b", None)


class TestCapture:
    @pytest.mark.parametrize(
        ("text", "wanted", "where", "expected"),
        [
            ("^/u/([^/]+)$", b"\nx", Where.ANYWHERE, b"/u/\nx"),
            ("^/u/(.+)$", b"\nx", Where.ANYWHERE, None),
            (r"^/u/([^/\s]+)", b"\nx", Where.ANYWHERE, None),
            (r"^/u/(\w+)", b"\nx", Where.ANYWHERE, None),
            ("^/i(.*)$", b"../", Where.FIRST, b"/i../"),
            (r"^/i(.*\.png)$", b"../", Where.FIRST, b"/i../.png"),
            ("^/i(/.*)$", b"../", Where.FIRST, None),
            ("^/p/([^/]+)/(.*)", b"127.0.0.1", Where.ALL, b"/p/127.0.0.1/"),
            ("^/p/(shop|blog)/", b"127.0.0.1", Where.ALL, None),
            (r"^/p/(\d+)/", b"127.0.0.1", Where.ALL, None),
            ("/([a-z]+)", b"ab", Where.ALL, b"/ab"),
            ("^/(?!.*\n)([^x]*)", b"\n", Where.ANYWHERE, None),
            ("^/(a{1,3})+", b"aa", Where.ALL, b"/aa"),
            ("^/(?:(x)|y)z", b"x", Where.ALL, b"/xz"),
            ("^/([^/]*)b", b"\n", Where.FIRST, b"/\nb"),
        ],
    )
    def test_a_text_of_which_a_part_captures_another(
        self, text: str, wanted: bytes, where: Where, expected: bytes | None
    ) -> None:
        found = read(text).capture(
            1, wanted, where, accept=lambda path: path.startswith(b"/"), before=b"/"
        )
        assert found == expected

    def test_only_texts_that_may_be_given_count(self) -> None:
        assert (
            read("(a|b)").capture(1, b"a", Where.ALL, accept=lambda text: b"a" not in text) is None
        )

    @settings(max_examples=150, deadline=None)
    @given(PLAIN, st.sampled_from(["\n", "/", "ab"]), st.lists(TEXTS, min_size=4, max_size=8))
    def test_what_is_denied_never_happens(
        self, text: str, wanted: str, subjects: list[bytes]
    ) -> None:
        """No text is captured by a group that is said not to capture it."""
        one = pattern(f"^/({text})")
        assume(one is not None)
        assert one is not None
        if one.capture(1, wanted.encode(), Where.ANYWHERE, accept=lambda _: True) is None:
            theirs = re.compile(f"^/({text})$".encode())
            found = (theirs.search(b"/" + subject) for subject in subjects)
            # The shortest such text may be refused by the order of alternatives; a whole match
            # that holds it then shows that the automaton knew it.
            assert all(
                wanted.encode() not in match[1] or _reaches(one, wanted.encode())
                for match in found
                if match
            )

    @settings(max_examples=200, deadline=None)
    @given(PLAIN, st.text(ALPHABET, min_size=1, max_size=2))
    def test_what_is_claimed_happens(self, text: str, wanted: str) -> None:
        """A text that is given is really captured, by Python's reckoning."""
        one = pattern(f"^/({text})")
        assume(one is not None)
        assert one is not None
        found = one.capture(1, wanted.encode(), Where.ANYWHERE, accept=lambda _: True)
        match = re.search(f"^/({text})".encode(), found) if found else None
        assert found is None or (match is not None and wanted.encode() in match[1])


def _reaches(one: Pattern, wanted: bytes) -> bool:
    """Whether the automaton has a text with `wanted` in the group, tried or not."""
    from advisor.parsers.pcre.witness import capturing

    return capturing(one.program, 1, wanted, Where.ANYWHERE) is not None


class TestAutomaton:
    def test_two_ways_to_one_state_are_counted(self) -> None:
        automaton = Automaton(compile_tree(parse("(a+)+")))
        (state,) = automaton.begin
        assert automaton.follow[state] == {state: 2, -1: 1}
        assert automaton.looping == {state}

    def test_strongly_connected_parts(self) -> None:
        edges = {1: [2], 2: [3], 3: [1, 4], 4: [5, 9], 5: []}
        assert sorted(sorted(part) for part in components(edges)) == [[1, 2, 3], [4], [5]]


class TestCharset:
    def test_sets(self) -> None:
        letters = charset.between(ord("a"), ord("c"))
        assert letters == charset.of(b"abc")
        assert charset.without_case(letters) == charset.of(b"abcABC")
        assert charset.has(letters, ord("b"))
        assert not charset.has(letters, ord("d"))

    def test_a_sample_is_readable_where_it_can_be(self) -> None:
        assert charset.sample(charset.EVERYTHING) == ord("a")
        assert charset.sample(charset.of(b"\x02\x03")) == 2

    def test_an_error_names_what_is_not_read(self) -> None:
        with pytest.raises(NotUnderstoodError, match="kind of group"):
            parse("(?R)")
