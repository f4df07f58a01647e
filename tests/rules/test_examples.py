"""
The examples of rules, run as tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.rules.examples import count_examples, run_examples
from advisor.rules.loader import load_text
from tests.support.rules import TEXT, subject, written


def collect(
    files: Mapping[str, str], host: Mapping[str, object], target: Mapping[str, object]
) -> tuple[Subject, ...]:
    """
    A pipeline that understands ``keepalive N`` only, one upstream per line that holds it.
    """
    lines = [line.strip() for line in files["nginx.conf"].splitlines()]
    version: Fact = Unknown("no file states it")
    if target or "upstream app {}" not in lines:
        version = Value((1, 24, 0), Origin.GIVEN)
    found = [(number, line) for number, line in enumerate(lines, 1) if line.startswith("keepalive")]
    places = found or ([(1, "keepalive 0")] if "upstream app {}" in lines else [])
    other = Subject("nginx.server", "server", {})
    return (
        other,
        *(
            subject(
                {
                    "upstream.keepalive": written(int(line.split()[1].rstrip(";")), number),
                    "upstream.name": written("app", 1),
                    "nginx.version": version,
                }
            )
            for number, line in places
        ),
    )


def failures(text: str = TEXT) -> list[str]:
    return [f"{f.example}: {f.message}" for f in run_examples(load_text(text, "r.yaml"), collect)]


def changed(old: str, new: str) -> list[str]:
    assert TEXT.count(old) == 1, old
    return failures(TEXT.replace(old, new))


def test_a_rule_that_keeps_its_word() -> None:
    assert failures() == []
    assert count_examples(load_text(TEXT, "r.yaml")) == 3


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # bad
        ("      at: nginx.conf:2", "      at: nginx.conf:3",
         ["bad 1: points at nginx.conf:2, not at nginx.conf:3"]),
        ("      message: keepalive is 4", "      message: keepalive is 5",
         ["bad 1: says 'keepalive is 4', not 'keepalive is 5'"]),
        ("      at: nginx.conf:2", "      at: nginx.conf:2\n      severity: low",
         ["bad 1: is medium, not low"]),
        ("            keepalive 4;", "            keepalive 44;",
         ["bad 1: fires 0 times instead of once"]),
        ("            keepalive 4;", "            server a;",
         ["bad 1: fires 0 times instead of once: there is no subject of its target"]),
        ("            keepalive 4;", "            keepalive 4;\n            keepalive 5;",
         ["bad 1: fires 2 times instead of once"]),
        ("        nginx.conf: |\n          upstream app {\n            keepalive 4;\n          }",
         "        nginx.conf: upstream app {}",
         [("bad 1: fires 0 times instead of once: nginx.version is not known, "
           "no file states it")]),
        ("costs a round trip", "costs {upstream.keepalive_timeout}",
         ["bad 1: says something that is not known: 'A new connection costs ?.'"]),
        ("costs a round trip.", "costs what?", []),
        # fixed
        ("            keepalive 32;", "            keepalive 7;",
         ["bad 1: writes 'keepalive 32;', which the fixed files do not hold",
          "bad 1, fixed: fires: keepalive is 7"]),
        # good
        ("            keepalive 64;", "            keepalive 6;",
         ["good 1 (many): fires: keepalive is 6"]),
        ("            keepalive 64;", "            server a;",
         ["good 1 (many): has no subject of the rule's target, so it shows nothing"]),
        ("        nginx.conf: |\n          upstream app {\n            keepalive 64;\n          }",
         "        nginx.conf: upstream app {}",
         ["good 1 (many): is not decided: nginx.version is not known, no file states it"]),
        # unknown
        ("          upstream app {}", "          keepalive 64;", ["unknown 1: is decided"]),
        ("      needs: [nginx.version]", "      needs: [upstream.servers, nginx.version]",
         ["unknown 1: needs nginx.version, not upstream.servers"]),
    ],
)  # fmt: skip
def test_failures(old: str, new: str, expected: list[str]) -> None:
    assert changed(old, new) == expected


def test_a_target_that_exists_only_when_something_is_wrong() -> None:
    """
    Its good examples have nothing to judge, and that is the point.
    """
    text = TEXT.replace("target: nginx.upstream", "target: file")
    for old, new in (
        ("when: upstream.keepalive < 8", "when: problem.kind == 'nginx'"),
        ("fact: upstream.keepalive", "fact: problem.kind"),
        ('    label: "kept by {upstream.name}"\n', ""),
        ("\nmessage: keepalive is {upstream.keepalive}", "\nmessage: broken"),
        ("in {upstream.name}.", "in it."),
        ("requires: [nginx.version]\n", ""),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    text = text[: text.index("fix:")] + text[text.index("references:") : text.index("  unknown:")]

    assert failures(text) == [
        "bad 1: fires 0 times instead of once: there is no subject of its target"
    ]


def test_what_the_user_states_reaches_the_pipeline() -> None:
    stated: list[Any] = []

    def note(*given: Any) -> tuple[Subject, ...]:  # noqa: ANN401 - as Collect
        stated.append(given)
        return ()

    text = TEXT.replace(
        "    - name: many\n", "    - host: {cpus: 4}\n      target: {nginx: 1.24.0}\n"
    )
    list(run_examples(load_text(text, "r.yaml"), note))

    assert stated[2][1:] == ({"cpus": 4}, {"nginx": "1.24.0"})
