"""Which rules count: profiles, selectors, severities, params."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import ConfigError
from advisor.model import Severity
from advisor.policy.choice import (
    ESSENTIAL,
    RECOMMENDED,
    STRICT,
    Choice,
    Selector,
    chosen,
    specificity,
)
from advisor.rules.catalogue import Head, open_book
from advisor.rules.rule import Rule

BOOK = open_book()
RULES = BOOK.rules({head.target for head in BOOK.heads})
CODES = sorted(head.code for head in BOOK.heads)
FAMILIES = sorted({code.rstrip("0123456789") for code in CODES})


def selected(choice: Choice) -> set[str]:
    return {one.code for one in chosen(RULES, BOOK.heads, choice)}


def of(*texts: str, layer: int = 0) -> tuple[Selector, ...]:
    return tuple(Selector(text, "advisor.toml: select", layer) for text in texts)


def one(code: str, choice: Choice) -> Rule:
    return next(rule for rule in chosen(RULES, BOOK.heads, choice) if rule.code == code)


class TestProfiles:
    def test_recommended_is_the_default_and_holds_all(self) -> None:
        assert selected(Choice()) == selected(Choice(profile=RECOMMENDED)) == set(CODES)

    def test_strict_tries_no_more_rules(self) -> None:
        assert selected(Choice(profile=STRICT)) == set(CODES)

    def test_essential_holds_what_can_be_critical_or_high(self) -> None:
        essential = selected(Choice(profile=ESSENTIAL))

        for rule in RULES:
            severities = {rule.severity, *(variant.severity for variant in rule.variants)}
            serious = bool(severities & {Severity.CRITICAL, Severity.HIGH})
            assert (rule.code in essential) == (serious or rule.code.startswith("ADV"))
        assert 80 < len(essential) < len(CODES) / 2


class TestSelectors:
    @pytest.mark.parametrize(
        ("selector", "code", "covered"),
        [
            ("PG101", "PG101", True),
            ("pg101", "PG101", True),
            ("PG1", "PG101", True),
            ("PG", "PG101", True),
            ("PG", "PGB001", False),
            ("PG", "PGH001", False),
            ("ALL", "PG101", True),
            ("all", "PG101", True),
            ("P", "PG101", False),
            ("PG1012", "PG101", False),
            ("", "PG101", False),
            ("*", "PG101", False),
            ("fsync-off", "PG101", True),
            ("fsync", "PG101", False),
        ],
    )
    def test_what_they_cover(self, selector: str, code: str, *, covered: bool) -> None:
        assert bool(specificity(selector, Head(code, "fsync-off", "postgresql", ()))) is covered

    def test_select_is_all_that_counts_but_for_meta_rules(self) -> None:
        found = selected(Choice(narrow=True, on=of("PG101", "NGX1")))

        assert {code for code in found if not code.startswith("ADV")} == {
            "PG101",
            *(code for code in CODES if code.startswith("NGX1")),
        }
        assert {"ADV001", "ADV005"} <= found

    def test_meta_rules_can_be_ignored(self) -> None:
        assert not any(code.startswith("ADV") for code in selected(Choice(off=of("ADV"))))

    def test_the_most_specific_one_decides(self) -> None:
        found = selected(Choice(on=of("PG101"), off=of("PG", "ALL")))

        assert {code for code in found if code != "PG101"} == set()
        assert "PG101" in found

    def test_ignore_wins_between_equals(self) -> None:
        assert "PG101" not in selected(Choice(on=of("PG101"), off=of("PG101")))

    def test_the_command_line_wins_between_equals(self) -> None:
        assert "PG101" in selected(Choice(on=of("PG101", layer=1), off=of("PG101")))
        assert "PG101" not in selected(Choice(on=of("PG1"), off=of("PG1", layer=1)))

    def test_extend_select_adds_to_a_profile(self) -> None:
        info = next(rule.code for rule in RULES if rule.severity is Severity.INFO)
        found = selected(Choice(profile=ESSENTIAL, on=of(info)))

        assert found == selected(Choice(profile=ESSENTIAL)) | {info}

    @pytest.mark.parametrize("text", ["PG999", "pg10x", "nonsense", " ", "PG 101", "*"])
    def test_what_names_nothing_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigError, match=r"advisor.toml: select: there is no rule"):
            selected(Choice(off=of(text)))

    def test_the_nearest_rule_is_suggested(self) -> None:
        with pytest.raises(ConfigError) as caught:
            selected(Choice(on=of("fsync-of")))

        assert caught.value.hint == "did you mean 'fsync-off'?"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([*CODES, *FAMILIES, "ALL", "PG1", "NGX6"]), max_size=4),
    st.lists(st.sampled_from([*CODES, *FAMILIES, "ALL", "PG3", "NGX62"]), max_size=4),
)
def test_what_is_ignored_by_its_code_is_never_tried(on: list[str], off: list[str]) -> None:
    """And what is selected by its code is, unless it is ignored so as well."""
    found = selected(Choice(narrow=True, on=of(*on), off=of(*off)))

    assert not found & set(off)
    assert (set(on) & set(CODES)) - set(off) <= found


class TestSeverities:
    def test_they_replace_those_of_variants(self) -> None:
        severities = ((of("PG103")[0], Severity.INFO),)
        rule = one("PG103", Choice(severities=severities))

        assert rule.severity is Severity.INFO
        assert {variant.severity for variant in rule.variants} <= {None}

    def test_the_more_specific_one_decides(self) -> None:
        severities = (
            (of("PG101")[0], Severity.LOW),
            (of("PG", layer=1)[0], Severity.INFO),
        )
        choice = Choice(severities=severities)

        assert one("PG101", choice).severity is Severity.LOW
        assert one("PG102", choice).severity is Severity.INFO
        assert one("NGX101", choice).severity is one("NGX101", Choice()).severity


class TestParams:
    @staticmethod
    def value(params: Mapping[str, Mapping[str, object]]) -> object:
        rule = one("PG338", Choice(params=params, params_said="advisor.toml: params"))
        return next(param.value.value for param in rule.params if param.name == "share")

    def test_by_code_and_by_name(self) -> None:
        assert self.value({}) == 0.01
        assert self.value({"PG338": {"share": 0.02}}) == 0.02
        assert self.value({"activity-query-size-large": {"share": 0.03}}) == 0.03

    @pytest.mark.parametrize(
        ("params", "sentence"),
        [
            ({"PG338": {"shar": 1}}, "advisor.toml: params.PG338: there is no param 'shar'"),
            ({"PG338": {"share": "much"}}, "advisor.toml: params.PG338.share must be a share"),
            ({"PG338": {"share": True}}, "advisor.toml: params.PG338.share must be a share"),
            ({"PG101": {"x": 1}}, "advisor.toml: params.PG101: there is no param 'x' (the rule"),
            ({"PG3": {"share": 1}}, "advisor.toml: params: 'PG3' is no single rule (write its"),
            ({"PG999": {"share": 1}}, "advisor.toml: params: there is no rule 'PG999'"),
        ],
    )
    def test_mistakes(self, params: dict[str, dict[str, object]], sentence: str) -> None:
        with pytest.raises(ConfigError) as caught:
            self.value(params)

        assert str(caught.value).startswith(sentence)
