"""Settings classes against pydantic itself, on classes these tests write."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys

import pytest

from advisor.model import Unknown, Value
from advisor.parsers.pyeval import evaluate_module

pytestmark = pytest.mark.oracle
pytest.importorskip("pydantic", reason="pydantic is not installed")

HEADER = """
from typing import Annotated, Any, Literal, Optional
from pydantic import BaseModel, Field, PositiveInt, field_validator, model_validator
from pydantic.v1 import BaseSettings as OldSettings, Field as OldField
"""
OLD = """
class Base(OldSettings):
    inherited: int = 3
    class Config:
        env_prefix = "BASE_"

class Settings(Base):
    {fields}
    class Config:
        env_prefix = {prefix!r}
        case_sensitive = {sensitive}

settings = Settings()
"""
FIELDS = {
    "pool": "pool: int = 5",
    "ratio": "ratio: float = 2",
    "debug": "debug: bool = False",
    "name": "name: str = 'shop'",
    "maybe": "maybe: Optional[int] = None",
    "named": "named: int = OldField(7, env='POOL_NAMED')",
    "bounded": "bounded: int = OldField(default=8, ge=1)",
    "bare": "bare = 6",
    "text": "text: int = '12'",
    "inherited": "",
}
ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"POOL": "9", "DEBUG": "yes", "NAME": "", "RATIO": "1", "MAYBE": "4", "POOL_NAMED": "2"},
    {"pool": "9", "App_Pool": "3", "APP_DEBUG": "0", "APP_INHERITED": "5", "APP_BARE": "1"},
    {"BASE_INHERITED": "8", "APP_inherited": "9", "APP_pool": "2", "APP_TEXT": "3"},
)
RUN = """
import json, sys
scope = {"__name__": "settings"}
exec(compile(sys.stdin.read(), "settings.py", "exec"), scope)
settings = scope["settings"]
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))
"""


def ask_pydantic(text: str, env: dict[str, str], names: list[str]) -> dict[str, object]:
    """What the fields of `settings` are when the file is really run."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, *names],
        input=text,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **env},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def ours(text: str, env: dict[str, str], names: list[str]) -> dict[str, object]:
    """What the evaluator says of the same fields; `Unknown` where it says nothing."""
    lines = "".join(f"x_{name} = settings.{name}\n" for name in names)
    values = evaluate_module(text + lines, "settings.py", env=env)
    found = {name: values.value(f"x_{name}") for name in names}
    return {n: one.value if isinstance(one, Value) else one for n, one in found.items()}


@pytest.mark.parametrize(
    ("env", "prefix", "case"),
    list(itertools.product(ENVIRONMENTS, ("", "APP_"), ("False", "True"))),
)
def test_settings_of_pydantic_1_are_read_as_pydantic_reads_them(
    env: dict[str, str], prefix: str, case: str
) -> None:
    """Prefix, case, inheritance, names of their own and conversions; nothing wrong, little open."""
    fields = "\n    ".join(line for line in FIELDS.values() if line)
    text = HEADER + OLD.format(fields=fields, prefix=prefix, sensitive=case)
    names = list(FIELDS)
    theirs, found = ask_pydantic(text, env, names), ours(text, env, names)
    known = {name: value for name, value in found.items() if not isinstance(value, Unknown)}
    assert known == {name: theirs[name] for name in known}
    assert len(known) >= len(names) - 1


NEW = """
from pydantic_settings import BaseSettings, SettingsConfigDict

class Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BASE_", extra="ignore")
    inherited: int = 3

class Settings(Base):
    {fields}
    model_config = SettingsConfigDict(env_prefix={prefix!r}, case_sensitive={sensitive})

settings = Settings()
"""
NEW_FIELDS = {
    **{name: line for name, line in FIELDS.items() if name not in {"named", "bounded", "bare"}},
    "named": "named: int = Field(7, validation_alias='POOL_NAMED')",
    "other": "other: int = Field(7, alias='POOL')",
    "bounded": "bounded: Annotated[int, Field(ge=1)] = 8",
    "union": "union: int | None = 2",
    "word": "word: Literal['a', 'shop'] = 'a'",
}


@pytest.mark.parametrize(
    ("env", "prefix", "case"),
    list(itertools.product(ENVIRONMENTS, ("", "APP_"), ("False", "True"))),
)
def test_settings_of_pydantic_2_are_read_as_pydantic_reads_them(
    env: dict[str, str], prefix: str, case: str
) -> None:
    """The same for pydantic-settings, whose defaults are checked and whose names may be aliases."""
    pytest.importorskip("pydantic_settings", reason="pydantic-settings is not installed")
    fields = "\n    ".join(line for line in NEW_FIELDS.values() if line)
    text = HEADER + NEW.format(fields=fields, prefix=prefix, sensitive=case)
    names = list(NEW_FIELDS)
    theirs, found = ask_pydantic(text, env, names), ours(text, env, names)
    known = {name: value for name, value in found.items() if not isinstance(value, Unknown)}
    assert known == {name: theirs[name] for name in known}
    assert len(known) >= len(names) - 1


MODELS = {
    "a plain default": ("value: int = 4", 4),
    "a field": ("value: int = Field(4, ge=1)", 4),
    "an annotation with more": ("value: Annotated[int, Field(ge=1)] = 4", 4),
    "a positive number": ("value: PositiveInt = 4", 4),
    "one of some words": ("value: Literal['a', 'b'] = 'a'", "a"),
    "nothing or a number": ("value: int | None = None", None),
    "a whole number as a fraction": ("value: float = 4", None),
}


@pytest.mark.parametrize("name", MODELS)
def test_defaults_of_models(name: str) -> None:
    """A model reads no environment, and keeps defaults as they are written."""
    line, _ = MODELS[name]
    text = f"{HEADER}\nclass Settings(BaseModel):\n    {line}\nsettings = Settings()\n"
    theirs, found = ask_pydantic(text, {"VALUE": "9"}, ["value"]), ours(text, {}, ["value"])
    assert found["value"] == theirs["value"] or isinstance(found["value"], Unknown)
    assert (found["value"] == theirs["value"]) or "fraction" in name


VALIDATORS = {
    "of the field": "@field_validator('value')\n    @classmethod\n    def f(cls, v): return v + 1",
    "of every field": "@field_validator('*')\n    @classmethod\n    def f(cls, v): return v + 1",
    "of the whole": (
        "@model_validator(mode='after')\n"
        "    def f(self):\n        self.value = 9\n        return self"
    ),
    "afterwards": "def model_post_init(self, context): self.value = 9",
}


@pytest.mark.parametrize("name", VALIDATORS)
def test_what_a_validator_may_change_is_not_told(name: str) -> None:
    """The evaluator does not follow validators, so it does not know what they make of a value."""
    body = f"    value: int = 4\n    {VALIDATORS[name]}\n"
    text = f"{HEADER}\nclass Settings(BaseModel):\n{body}settings = Settings()\n"
    assert isinstance(ours(text, {}, ["value"])["value"], Unknown)


def test_a_validator_that_only_checks_changes_nothing() -> None:
    """It gives the object back as it came."""
    check = (
        "    @model_validator(mode='after')\n    def f(self):\n"
        "        if self.value > 9:\n            raise ValueError('too many')\n"
        "        return self\n"
    )
    body = f"    value: int = 4\n{check}settings = Settings()\n"
    text = f"{HEADER}\nclass Settings(BaseModel):\n{body}"
    assert ours(text, {}, ["value"]) == ask_pydantic(text, {}, ["value"])


def test_the_environment_counts_when_the_object_is_made() -> None:
    """A variable that the file sets afterwards comes too late."""
    body = "    value: int = 4\nimport os\nsettings = Settings()\nos.environ['VALUE'] = '7'\n"
    text = f"{HEADER}\nclass Settings(OldSettings):\n{body}"
    assert ours(text, {}, ["value"]) == ask_pydantic(text, {}, ["value"]) == {"value": 4}


def test_a_default_counts_as_it_was_when_the_class_was_made() -> None:
    """A constant that changes later does not change the field."""
    body = "    value: int = LIMIT\nLIMIT = 9\nsettings = Settings()\n"
    text = f"{HEADER}\nLIMIT = 4\nclass Settings(OldSettings):\n{body}"
    assert ours(text, {}, ["value"]) == ask_pydantic(text, {}, ["value"]) == {"value": 4}


def test_properties_are_followed() -> None:
    """A property computes from fields."""
    body = (
        "    host: str = 'db'\n    port: int = 5432\n    @property\n    def url(self):\n"
        "        return f'postgresql://{self.host}:{self.port}/shop'\nsettings = Settings()\n"
    )
    text = f"{HEADER}\nclass Settings(OldSettings):\n{body}"
    assert ours(text, {"PORT": "6432"}, ["url"]) == ask_pydantic(text, {"PORT": "6432"}, ["url"])
