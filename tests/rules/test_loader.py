"""
Rule files: what loads, and what is said of every mistake.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import RuleError
from advisor.rules.loader import check_unique, load_file, load_folder, load_text, rule_files
from advisor.rules.mistakes import first_mistake
from advisor.rules.source import MAX_BYTES, MAX_DEPTH, MAX_PARTS, parse_source
from tests.support.rules import TEXT


def changed(old: str, new: str) -> str:
    """
    The rule file with one part replaced.
    """
    assert TEXT.count(old) == 1, old
    return TEXT.replace(old, new)


def mistake(text: str) -> str:
    with pytest.raises(RuleError) as caught:
        load_text(text, "r.yaml")
    return str(caught.value)


def without(key: str) -> str:
    """
    The rule file without a key of the top level.
    """
    lines = TEXT.splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{key}:"))
    end = next((n for n in range(start + 1, len(lines)) if lines[n][0] not in " \n"), len(lines))
    return "".join(lines[:start] + lines[end:])


class TestGood:
    def test_data(self) -> None:
        data = load_text(TEXT, "rules/r.yaml")

        assert data["code"] == "NGX999"
        assert data["source"] == "rules/r.yaml"
        assert data["confidence"] == "certain"
        assert data["params"] == {}
        assert data["examples"]["bad"][0]["severity"] is None

    def test_line_breaks_of_texts_are_blanks(self) -> None:
        text = changed("\nmessage: keepalive is", "\nmessage: |\n  keepalive\n  is")

        assert load_text(text, "r.yaml")["message"] == "keepalive is {upstream.keepalive}"

    @pytest.mark.parametrize(
        ("written", "unit", "value"),
        [
            ("8MB", "size", 8 * 1024**2),
            ("1024", "size", 1024),
            ("1m30s", "duration", 90),
            ("0.5", "duration", 0.5),
            ("0.8", "share", 0.8),
            ("16", "number", 16),
            ("true", "bool", True),
            ("idle", "string", "idle"),
        ],
    )
    def test_params_are_in_the_advisors_units(self, written: str, unit: str, value: object) -> None:
        param = f"params:\n  most:\n    value: {written}\n    unit: {unit}\n    doc: a bound\n"

        data = load_text(TEXT + param, "r.yaml")

        assert data["params"]["most"]["value"] == value


MISTAKES: list[tuple[str, str, str]] = [
    # keys
    ("severity: medium", "severty: medium",
     "r.yaml:6:1: unknown key 'severty' (did you mean 'severity'?)"),
    ("  safety: safe", "  saftey: safe",
     "r.yaml:23:3: unknown key 'fix.saftey' (did you mean 'safety'?)"),
    ("      at: nginx.conf:2", "      att: nginx.conf:2",
     "r.yaml:35:7: unknown key 'examples.bad[0].att' (did you mean 'at'?)"),
    ("    label: ", "    zzz: ", "r.yaml:13:5: unknown key 'at[0].zzz'"),
    ("when: upstream.keepalive < 8\n", "",
     "r.yaml:1:1: when is missing"),
    ("      at: nginx.conf:2\n", "", "r.yaml:30:7: examples.bad[0].at is missing"),
    ("code: NGX999", "on: 1\ncode: NGX999", "r.yaml:1:1: this key is no text (quote it)"),
    ("code: NGX999", "? [a]\n: 1\ncode: NGX999", "r.yaml:1:3: this key is no text (quote it)"),
    ("code: NGX999", "code: NGX998\ncode: NGX999",
     "r.yaml:2:1: 'code' stands here and in line 1"),
    # values
    ("severity: medium", "severity: hihg",
     ("r.yaml:6:11: severity must be one of critical, high, medium, low, info "
      "(did you mean 'high'?)")),
    ("category: performance", "category: 7",
     ("r.yaml:5:11: category must be one of correctness, durability, security, capacity, "
      "performance, compatibility")),
    ("code: NGX999", "code: ngx-9",
     "r.yaml:1:7: code must be letters and three digits, like PG101"),
    ("name: few-idle-connections", "name: Few Idle",
     "r.yaml:2:7: name must be words in lower case with dashes, like work-mem-too-small"),
    ('since: "0.1"', "since: 0.1", "r.yaml:7:8: since must be a text; put it in quotes"),
    ('since: "0.1"', "since: 2025-01-01",
     "r.yaml:7:8: this value is no plain text or number (quote it)"),
    ('since: "0.1"', 'since: "soon"', "r.yaml:7:8: since must be a version in quotes, like '0.1'"),
    ("url: https:", "url: http:",
     "r.yaml:27:10: references[0].url must be a link that begins with https://"),
    ("guide: [connection-optimization.upstream-keepalive]", "guide: connection-optimization",
     "r.yaml:8:8: guide must be a list"),
    ("  - The upstream is hardly used.", "  []", "r.yaml:18:3: not_when must not be empty"),
    ("message: keepalive is {upstream.keepalive}", 'message: " "',
     "r.yaml:14:10: message must not be empty"),
    ("severity: medium", "severity: critical",
     "r.yaml:1:1: nothing about performance is critical: the program still runs"),
    ("  set:\n    upstream.keepalive: 4 * 8\n", "", "r.yaml:20:3: fix: needs `set` or `snippet`"),
    ("  language: nginx", "  edit: block\n  language: nginx",
     "r.yaml:20:3: fix: `edit` says how the snippet is written, so it needs one and no `set`"),
    ("  set:\n    upstream.keepalive: 4 * 8\n", "  snippet: keepalive 32;\n  edit: line\n",
     "r.yaml:21:9: fix.edit line is for rules about postgresql.setting"),
    ("        nginx.conf: |\n          upstream app {}", "        ../nginx.conf: |\n          a;",
     ("r.yaml:51:9: examples.unknown[0].files['../nginx.conf']: must be a path below the example's "
      "root, like conf.d/app.conf")),
    # names
    ("target: nginx.upstream", "target: nginx.upstrem",
     "r.yaml:4:9: unknown target 'nginx.upstrem' (did you mean 'nginx.upstream'?)"),
    ("guide: [connection-optimization.upstream-keepalive]",
     "guide: [checklist.http2, connection-optimization.upstream-keepaliv]",
     ("r.yaml:8:26: unknown guide section 'connection-optimization.upstream-keepaliv' "
      "(did you mean 'connection-optimization.upstream-keepalive'?)")),
    ("requires: [nginx.version]", "requires: [nginx.versoin]",
     "r.yaml:9:12: unknown fact 'nginx.versoin' (did you mean 'nginx.version'?)"),
    ("  - fact: upstream.keepalive", "  - fact: upstream.keepalife",
     "r.yaml:12:11: unknown fact 'upstream.keepalife' (did you mean 'upstream.keepalive'?)"),
    ("    upstream.keepalive: 4 * 8", "    upstream.keepalife: 4 * 8",
     "r.yaml:21:5: unknown fact 'upstream.keepalife' (did you mean 'upstream.keepalive'?)"),
    ("    upstream.keepalive: 4 * 8", "    upstream.servers: 4 * 8",
     "r.yaml:21:5: upstream.servers is computed, not a setting that a fix can write"),
    ("      needs: [nginx.version]", "      needs: [nginx.versoin]",
     "r.yaml:53:15: unknown fact 'nginx.versoin' (did you mean 'nginx.version'?)"),
    # expressions and texts
    ("when: upstream.keepalive < 8", "when: upstream.keepalife < 8",
     ("r.yaml:10:7: when: unknown fact 'upstream.keepalife'; did you mean 'upstream.keepalive'?\n"
      "    upstream.keepalife < 8\n    ^")),
    ("when: upstream.keepalive < 8", "when: upstream.keepalive < 8 * s",
     ("r.yaml:10:28: when: cannot compare number with duration\n"
      "    upstream.keepalive < 8 * s\n                         ^")),
    ("when: upstream.keepalive < 8", "when: >-\n  upstream.keepalive < 8\n  and upstream.http == 1",
     ("r.yaml:12:24: when: cannot compare bool with number\n"
      "    upstream.keepalive < 8 and upstream.http == 1\n"
      "                                                ^")),
    ("when: upstream.keepalive < 8", "when: 'upstream.keepalive'",
     "r.yaml:10:8: when: expected bool, got number\n    upstream.keepalive\n    ^"),
    ("when: upstream.keepalive < 8", 'when: "upstream.name == \'\\x41\' and 1"',
     ("r.yaml:10:7: when: expected a condition, got number; compare it with something\n"
      "    upstream.name == 'A' and 1\n                             ^")),
    ('label: "kept by {upstream.name}"', 'label: "kept by {upstream.nam}"',
     ("r.yaml:13:22: at[0].label: unknown fact 'upstream.nam'; did you mean 'upstream.name'?\n"
      "    kept by {upstream.nam}\n             ^")),
    ("in {upstream.name}.", "in {upstream.name:size}.",
     ("r.yaml:15:52: recommendation: format 'size' prints size, got string\n"
      "    Use keepalive 32 in {upstream.name:size}.\n                                       ^")),
    ("    upstream.keepalive: 4 * 8", "    upstream.keepalive: 4 * GB",
     "r.yaml:21:25: fix.set['upstream.keepalive']: expected number, got size\n    4 * GB\n    ^"),
    ("why: A new", "root_cause: of {x}\nwhy: A new",
     "r.yaml:16:17: root_cause: unknown name 'x'\n    of {x}\n        ^"),
    ("why: A new", "impact: upstream.http\nwhy: A new",
     "r.yaml:16:9: impact: expected number, got bool\n    upstream.http\n    ^"),
    ("why: A new", "variants:\n  - when: upstream.http\n    why: of {x}\nwhy: A new",
     "r.yaml:18:14: variants[0].why: unknown name 'x'\n    of {x}\n        ^"),
    ("why: A new", "variants:\n  - when: upstream.htp\nwhy: A new",
     ("r.yaml:17:11: variants[0].when: unknown fact 'upstream.htp'; did you mean 'upstream.http'?\n"
      "    upstream.htp\n    ^")),
    ("  language: nginx", "  snippet: |\n    keepalive {x};\n  language: nginx",
     "r.yaml:23:16: fix.snippet: unknown name 'x'\n    keepalive {x};\n               ^"),
    # examples
    ("  bad:\n", "  bda:\n",
     "r.yaml:29:3: unknown key 'examples.bda' (did you mean 'bad'?)"),
    ("      message: keepalive is 4\n", "", "r.yaml:30:7: examples.bad[0].message is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_mistakes(old: str, new: str, message: str) -> None:
    """
    Each is said with its place, and with what was probably meant.
    """
    assert mistake(changed(old, new)) == message


NO_SCALAR = "params.most.value must be a text, a number, true or false"


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("most: {value: lots, unit: size, doc: d}", "55:17: params.most.value is no size"),
        ("most: {value: 1, unit: bool, doc: d}", "55:17: params.most.value is no bool"),
        ("most: {value: true, doc: d}", "55:17: params.most.value is no number"),
        (f"most: {{value: {10**30}, doc: d}}", "55:17: params.most.value is no number"),
        ("most: {value: 8, unit: string, doc: d}", "55:17: params.most.value is no string"),
        (f"most: {{value: {'9' * 50}GB, unit: size, doc: d}}",
         "55:17: params.most.value is no size"),
        ("most: {value: .inf, doc: d}", f"55:17: {NO_SCALAR}"),
        ("most: {value: [1], doc: d}", f"55:17: {NO_SCALAR}"),
        ("most: {value: 8, units: size, doc: d}",
         "55:20: unknown key 'params.most.units' (did you mean 'unit'?)"),
        ("mo-st: {value: 8, doc: d}",
         "55:3: params.mo-st must be a name in lower case with underscores, like least_rows"),
    ],
)  # fmt: skip
def test_mistakes_in_params(param: str, message: str) -> None:
    assert mistake(f"{TEXT}params:\n  {param}\n") == f"r.yaml:{message}"


def test_a_rule_without_examples() -> None:
    assert mistake(without("examples")) == "r.yaml:1:1: examples is missing"


def test_a_rule_that_requires_facts_shows_the_unknown_case() -> None:
    text = TEXT[: TEXT.index("  unknown:")]

    assert mistake(text) == (
        "r.yaml:28:1: a rule with `requires` needs an example of the unknown case "
        "(add examples.unknown)"
    )


def test_a_rule_that_writes_shows_the_files_after_the_fix() -> None:
    start, end = TEXT.index("      fixed:"), TEXT.index("  good:")

    assert mistake(TEXT[:start] + TEXT[end:]) == (
        "r.yaml:29:3: a rule that sets something needs a bad example with the files after the fix "
        "(add fixed)"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "r.yaml: is empty"),
        ("# only a comment\n", "r.yaml: is empty"),
        ("a: [1", "r.yaml:2:1: is not valid YAML: did not find expected ',' or ']'"),
        ("a: b: c",
         "r.yaml:1:5: is not valid YAML: mapping values are not allowed in this context"),
        ("a:\n  b: 1\n c: 2", "r.yaml:3:2: is not valid YAML: did not find expected key"),
        ("- a\n- b\n", "r.yaml:1:1: the file must be a mapping"),
        ("just text", "r.yaml:1:1: the file must be a mapping"),
        ("a: 1\n---\nb: 2\n", "r.yaml:2:1: is not valid YAML: but found another document"),
        ("a: \0", "r.yaml: is not valid YAML: control characters are not allowed"),
        ("a: !!python/object/apply:os.system [ls]", "r.yaml:1:4: tags (!name) are not allowed"),
        ("code: !!float", "r.yaml:1:7: tags (!name) are not allowed"),
        ("<<: {a: 1}", "r.yaml:1:1: this key is no text (quote it)"),
        ("a: &x [1]\nb: *x\n", "r.yaml:2:4: aliases (*name) are not allowed (repeat the text)"),
        ("a: &x [*x]\n", "r.yaml:1:8: aliases (*name) are not allowed (repeat the text)"),
        ("[" * 500, f"r.yaml:1:21: is nested deeper than {MAX_DEPTH} levels"),
        ("- a\n" * 9000, f"r.yaml:4999:3: has more than {MAX_PARTS} parts"),
        ("a" * (MAX_BYTES + 1), "r.yaml: is larger than 256 kB"),
        (f"code: {'1' * 5000}", "r.yaml: holds a value that is none: Exceeds the limit"),
    ],
)  # fmt: skip
def test_files_that_are_no_rules(text: str, message: str) -> None:
    assert mistake(text).startswith(message)


def test_a_block_that_begins_with_blanks() -> None:
    """
    Plans are indented; YAML then takes the first line for the measure.
    """
    text = "a:\n  b: |\n        QUERY PLAN\n    Seq Scan\n"

    assert mistake(text).endswith("(a text that begins with blanks needs a number: |2)")


def test_what_pydantic_may_say_one_day() -> None:
    source = parse_source(TEXT, "r.yaml")
    error = {"type": "new_type", "loc": ("code",), "msg": "Value is odd"}

    assert str(first_mistake([error], source)) == "r.yaml:1:7: code value is odd"


class TestFiles:
    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "nginx").mkdir()
        (tmp_path / "nginx" / "a.yaml").write_text(TEXT)
        (tmp_path / "b.yml").write_text(TEXT.replace("NGX999", "NGX998").replace("few-", "b-"))
        (tmp_path / ".hidden.yaml").write_text("nonsense: [")
        (tmp_path / "readme.md").write_text("no rule")

        rules = load_folder(tmp_path, "ops")

        assert [data["source"] for data in rules] == ["ops/b.yml", "ops/nginx/a.yaml"]

    def test_a_plain_file(self, tmp_path: Path) -> None:
        file = tmp_path / "a.rule"
        file.write_text(TEXT)

        assert [data["source"] for data in load_folder(file, "ops/a.rule")] == ["ops/a.rule"]
        assert load_folder(file)[0]["source"] == "a.rule"

    def test_nothing_of_that_name(self, tmp_path: Path) -> None:
        with pytest.raises(RuleError, match=r"gone: there is no such file or folder$"):
            rule_files(tmp_path / "gone")

    def test_no_rules(self, tmp_path: Path) -> None:
        with pytest.raises(RuleError, match=r"^ops: holds no rule files"):
            load_folder(tmp_path, "ops")

    def test_codes_and_names_are_unique(self) -> None:
        first = load_text(TEXT, "a.yaml")
        same_code: Any = {**first, "name": "other", "source": "b.yaml"}
        same_name: Any = {**first, "code": "NGX998", "source": "c.yaml"}

        with pytest.raises(RuleError, match=r"^b.yaml: code NGX999 is taken by a.yaml$"):
            check_unique([first, same_code])
        with pytest.raises(
            RuleError, match=r"^c.yaml: name few-idle-connections is taken by a.yaml$"
        ):
            check_unique([first, same_name])

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        file = tmp_path / "a.yaml"
        file.write_bytes(b"code: NGX999\nname: \xff\n")

        with pytest.raises(RuleError, match=r"^a.yaml:2: is not UTF-8 text$"):
            load_file(file, "a.yaml")

    def test_a_file_too_large(self, tmp_path: Path) -> None:
        file = tmp_path / "a.yaml"
        file.write_bytes(b"\xff" * (MAX_BYTES + 1))

        with pytest.raises(RuleError, match=r"^a.yaml: is larger than 256 kB$"):
            load_file(file, "a.yaml")

    def test_a_byte_order_mark(self, tmp_path: Path) -> None:
        file = tmp_path / "a.yaml"
        file.write_text(TEXT, encoding="utf-8-sig")

        assert load_file(file, "a.yaml")["code"] == "NGX999"

    def test_windows_line_ends(self) -> None:
        text = TEXT.replace("\n", "\r\n")

        assert load_text(text, "r.yaml") == load_text(TEXT, "r.yaml")
        assert mistake(text.replace("keepalive < 8", "keepaliv < 8")).startswith(
            "r.yaml:10:7: when"
        )

    def test_a_pipe_does_not_hang(self, tmp_path: Path) -> None:
        pipe = tmp_path / "a.yaml"
        os.mkfifo(pipe)

        with pytest.raises(RuleError, match=r"^a.yaml: is no file$"):
            load_file(pipe, "a.yaml")

    def test_a_file_that_cannot_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        Tests may run as root, who reads everything.
        """
        file = tmp_path / "a.yaml"
        file.write_text(TEXT)

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(RuleError, match=r"^a.yaml: cannot be read: Permission denied$"):
            load_file(file, "a.yaml")


def test_a_hundred_thousand_brackets_are_refused_at_once() -> None:
    """Either by our bound or, in newer releases, by that of libyaml."""
    assert "nest" in mistake("[" * 100_000)
