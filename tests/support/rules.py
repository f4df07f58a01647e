"""
A small rule and subjects for tests of the rule engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.facts.namespaces import scope_of
from advisor.model import Finding, Location, NotEvaluated, Origin, Unknown, Value
from advisor.model.subject import Fact, Record, Subject
from advisor.rules.judge import Judge
from advisor.rules.rule import Rule, from_data
from advisor.rules.schema import RuleFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.expressions import Plain

TEXT = """\
code: NGX999
name: few-idle-connections
title: Few idle connections are kept
target: nginx.upstream
category: performance
severity: medium
since: "0.1"
guide: [connection-optimization.upstream-keepalive]
requires: [nginx.version]
when: upstream.keepalive < 8
at:
  - fact: upstream.keepalive
    label: "kept by {upstream.name}"
message: keepalive is {upstream.keepalive}
recommendation: Use keepalive 32 in {upstream.name}.
why: A new connection costs a round trip.
not_when:
  - The upstream is hardly used.
fix:
  set:
    upstream.keepalive: 4 * 8
  language: nginx
  safety: safe
  apply: reload
references:
  - title: "nginx: keepalive"
    url: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive
examples:
  bad:
    - files:
        nginx.conf: |
          upstream app {
            keepalive 4;
          }
      at: nginx.conf:2
      message: keepalive is 4
      fixed:
        nginx.conf: |
          upstream app {
            keepalive 32;
          }
  good:
    - name: many
      files:
        nginx.conf: |
          upstream app {
            keepalive 64;
          }
  unknown:
    - files:
        nginx.conf: |
          upstream app {}
      needs: [nginx.version]
"""
"""A rule file without a mistake."""

HERE = Location("nginx.conf", 2, 3, 2, 15)


def rule(**changes: Any) -> Rule:  # noqa: ANN401 - any key of a rule file
    """
    The rule of `TEXT` without ``requires`` and fix, with some keys changed.
    """
    import yaml

    data = {**yaml.safe_load(TEXT), "requires": [], "fix": None, **changes}
    return from_data(RuleFile.model_validate(data).model_dump())


def written(value: Plain, line: int = 2, column: int = 3, path: str = "nginx.conf") -> Fact:
    """
    A value that stands in a file.
    """
    return Value(value, Origin.LITERAL, Location(path, line, column))


def default(value: Plain) -> Fact:
    """
    A value that nobody wrote.
    """
    return Value(value, Origin.DEFAULT, note="default of nginx 1.24")


def subject(
    facts: Mapping[str, Plain | Fact],
    *,
    target: str = "nginx.upstream",
    name: str = "upstream app",
    location: Location | None = None,
    path: str = "nginx.conf",
) -> Subject:
    """
    A subject whose other facts are unknown. Plain values are literals at one place.
    """
    unknown: dict[str, Fact] = {fact: Unknown("nobody said") for fact in scope_of(target)}
    known = {
        fact: value if isinstance(value, (Value, Unknown)) else Value(value, Origin.LITERAL, HERE)
        for fact, value in facts.items()
    }
    return Subject(target, name, {**unknown, **known}, location, path)


def upstream(**facts: Plain | Fact) -> Subject:
    """
    An upstream block that opens in line 1.
    """
    dotted: dict[str, Plain | Fact] = {f"upstream.{name}": fact for name, fact in facts.items()}
    named = {"upstream.name": written("app", 1, 1), **dotted}
    return subject(named, location=Location("nginx.conf", 1))


def fired(given: Rule, about: Subject) -> Finding:
    """
    The finding of a rule that has to fire.
    """
    outcome = Judge(given).judge(about)
    assert isinstance(outcome, Finding), outcome
    return outcome


def undecided(given: Rule, about: Subject) -> NotEvaluated:
    """
    What a rule lacks that must not be decided.
    """
    outcome = Judge(given).judge(about)
    assert isinstance(outcome, NotEvaluated), outcome
    return outcome


def location_item(line: int, **fields: Plain | Fact) -> Record:
    """
    A location that passes to an upstream.
    """
    facts: dict[str, Fact] = {
        name: value if isinstance(value, (Value, Unknown)) else written(value, line)
        for name, value in fields.items()
    }
    return Record(facts, Location("nginx.conf", line), f"location {line}")
