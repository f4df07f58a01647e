"""The published schema of advisor.toml says what loading it does."""

from __future__ import annotations

import json
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from advisor.config import settings_of
from advisor.config.keys import CHECKS, check_layer
from advisor.config.layers import MAX_EXTENDS
from advisor.config.schema import AdvisorToml, HostTable, TargetTable, json_schema
from advisor.config.settings import DEFAULTS
from advisor.config.show import FIRST, toml
from advisor.errors import ConfigError

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "advisor" / "config" / "advisor.schema.json"
WHOLE = """\
extend = "base.toml"
profile = "strict"
select = ["PG", "fsync-off"]
extend-select = ["NGX1"]
ignore = ["PG3", { rule = "PG101", path = "a/**", reason = "x", until = 2027-01-31 }]
fail-on = "never"
min-severity = "info"
min-confidence = "likely"
require-reason = true
baseline = "b.json"
rules = ["ops"]
[severity]
PG101 = "low"
[params.PG338]
share = 0.02
[paths."legacy/**"]
ignore = ["NGX6"]
severity = { PG102 = "low" }
[host]
cpus = 4
memory = "16GB"
storage = "ssd"
shared = false
workload = "web"
platform = "rds"
[target]
postgresql = 16
nginx = "1.30.0"
[path-map]
"/etc/nginx" = "nginx"
"""


def as_json(data: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    return json.loads(json.dumps(data, default=str))


def test_it_is_published() -> None:
    """After a wanted change: ``advisor config schema > advisor/config/advisor.schema.json``."""
    assert json.loads(PUBLISHED.read_text("utf-8")) == json_schema()


def test_it_is_a_schema_that_explains_every_key() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    assert list(schema["properties"]) == list(CHECKS)
    for key, one in schema["properties"].items():
        assert one["description"], key


def test_defaults_are_those_that_hold() -> None:
    properties = json_schema()["properties"]

    for key, value in DEFAULTS.items():
        assert properties[key]["default"] == value


def test_everything_at_once() -> None:
    data = tomllib.loads(WHOLE)
    check_layer(data)
    jsonschema.validate(as_json(data), json_schema())

    assert set(data) == set(CHECKS)
    assert set(HostTable.model_fields) == set(data["host"])
    assert set(data["target"]) < set(TargetTable.model_fields)


def test_the_first_file_is_valid_with_and_without_its_comments() -> None:
    example = "\n".join(
        line.removeprefix("# ")
        for line in FIRST.splitlines()
        if not line.startswith("# ") or " = " in line or line.startswith("# [")
    )
    lines = example.splitlines()
    cut = lines.index('ignore = ["NGX5"]')
    del lines[cut]  # a list of codes and [[ignore]] are the same key
    for text in (FIRST, "\n".join(lines)):
        data = tomllib.loads(text)
        check_layer(data)
        jsonschema.validate(as_json(data), json_schema())
    assert set(CHECKS) <= set(data)
    assert MAX_EXTENDS > 1


SCALARS = st.sampled_from(
    ["", "PG101", "low", "never", "strict", "likely", "16GB", "ssd", "/etc", 1, 0.5, True, "16"]
)
ENTRIES = st.dictionaries(
    st.sampled_from(["rule", "path", "reason", "x"]), st.sampled_from(["PG1", "a", 1]), max_size=3
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner | ENTRIES, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["cpus", "memory", "shared", "nginx", "PG101", "ignore", "severity", "/a"]
            ),
            inner,
            max_size=2,
        )
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from([*CHECKS, "nonsense"]), VALUES, max_size=2))
def test_what_loading_takes_the_schema_takes(data: dict[str, Any]) -> None:
    """And pydantic, whose schema it is, agrees with it. Loading refuses some more: bad numbers."""
    try:
        check_layer(data)
    except ConfigError:
        return
    jsonschema.validate(as_json(data), json_schema())
    AdvisorToml.model_validate(as_json(data))


@pytest.mark.parametrize("key", list(CHECKS))
@pytest.mark.parametrize("value", [7, -1.5, [[1]], {"a": {"b": {"c": []}}}])
def test_nonsense_is_refused_by_both(key: str, value: object) -> None:
    data = as_json({key: value})
    with pytest.raises(ConfigError):
        check_layer(data)
    with pytest.raises(ValidationError):
        AdvisorToml.model_validate(data)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_text_is_too_much(text: str) -> None:
    with suppress(ConfigError):
        settings_of(text)


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
        | st.integers(-(2**40), 2**40)
        | st.booleans()
        | st.dates(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab é.", max_size=4), inner)
        ),
        max_leaves=5,
    )
)
def test_values_are_shown_as_toml_reads_them(value: object) -> None:
    assert tomllib.loads(f"x = {toml(value)}")["x"] == value
