"""
The shape of ``advisor.toml`` for editors and people: a JSON schema, from pydantic.

Loading goes through `keys.py`, which needs no pydantic: a run with a configuration starts as fast
as one without. Tests hold the two together.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["critical", "high", "medium", "low", "info"]
Selector = Annotated[str, Field(min_length=1)]
Number = int | float
Version = str | int | float
_SELECTORS = "Codes, beginnings of codes, names of rules, or ALL."


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=_kebab, defer_build=True)


class IgnoreEntry(_Table):
    """
    Findings to accept, with a reason: counted, not reported.
    """

    rule: Selector = Field(description="Code, beginning of a code, or name of the rule.")
    path: str = Field(default="", description="Files, as in .gitignore; empty for all.")
    reason: str = Field(default="", description="Why this is fine here.")
    until: date | None = Field(default=None, description="The last day on which the entry counts.")


class PathTable(_Table):
    """
    What is different for the findings in some files.
    """

    ignore: list[Selector] = Field(default=[], description=_SELECTORS)
    severity: dict[Selector, Level] = Field(default={}, description="Other severities, by rule.")


class HostTable(_Table):
    """
    Facts about the machine that the deployment runs on.
    """

    cpus: Number | str | None = Field(default=None, description="Processors.")
    memory: str | None = Field(default=None, description="With its unit: 16GB.")
    storage: Literal["ssd", "hdd", "san"] | None = None
    shared: bool | None = Field(default=None, description="Whether the database shares the host.")
    workload: Literal["web", "oltp", "dw", "mixed"] | None = None
    platform: Literal["rds", "aurora", "cloudsql", "azure"] | None = None


class TargetTable(_Table):
    """
    Versions that run.
    """

    postgresql: Version | None = None
    nginx: Version | None = None
    gunicorn: Version | None = None
    sqlalchemy: Version | None = None
    uvicorn: Version | None = None
    pgbouncer: Version | None = None
    redis: Version | None = None


class AdvisorToml(_Table):
    """
    Settings of the advisor: advisor.toml, or [tool.advisor] in pyproject.toml.
    """

    extend: str | None = Field(
        default=None,
        min_length=1,
        description="A file whose settings hold where this one says nothing.",
    )
    profile: Literal["essential", "recommended", "strict"] = Field(
        default="recommended",
        description="Which rules are tried and shown, and when a build fails.",
    )
    select: list[str] | None = Field(
        default=None, min_length=1, description=f"Try only these rules. {_SELECTORS}"
    )
    extend_select: list[str] = Field(
        default=[], description=f"Try these rules as well. {_SELECTORS}"
    )
    ignore: list[str | IgnoreEntry] = Field(
        default=[], description="Rules not to try, or entries [[ignore]] for findings to accept."
    )
    severity: dict[Selector, Level] = Field(default={}, description="Other severities, by rule.")
    params: dict[str, dict[str, str | int | float | bool]] = Field(
        default={}, description="Other thresholds, by rule; advisor explain CODE names them."
    )
    paths: dict[str, PathTable] = Field(
        default={}, description="What is different in some files, by pattern as in .gitignore."
    )
    fail_on: Literal["critical", "high", "medium", "low", "info", "never"] = Field(
        default="high", description="Exit with 1 when there is a finding this bad or worse."
    )
    min_severity: Level = Field(default="low", description="Show findings from this severity on.")
    min_confidence: Literal["certain", "likely", "possible"] = Field(
        default="possible", description="Show and count findings that are this sure or surer."
    )
    require_reason: bool = Field(
        default=False, description="Whether every suppression needs a reason."
    )
    baseline: str | None = Field(
        default=None, min_length=1, description="File with the findings that are known already."
    )
    rules: list[str] = Field(default=[], description="Folders with rules of your own.")
    host: HostTable = Field(default=HostTable(), description="Facts about the machine.")
    target: TargetTable = Field(default=TargetTable(), description="Versions of the programs.")
    path_map: dict[str, str] = Field(
        default={}, description="Absolute folder on the target → folder below the audited one."
    )


def json_schema() -> dict[str, Any]:
    """
    The published schema (draft 2020-12).
    """
    schema = AdvisorToml.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:deploy-advisor:advisor-toml",
        **_without_nulls(schema),
        "title": "advisor.toml",
    }


def _without_nulls(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """
    TOML has no null: what may be None may be left out.
    """
    if isinstance(schema, list):
        return [_without_nulls(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    some = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    found = {key: value for key, value in schema.items() if key not in ("anyOf", "title")}
    if "title" in schema and isinstance(schema["title"], dict):
        found["title"] = schema["title"]
    if found.get("default", "") is None or "$ref" in found:
        found.pop("default", None)
    if len(some) == 1:
        found = {**some[0], **found}
    elif some:
        found["anyOf"] = some
    return {key: _without_nulls(value) for key, value in found.items() if key != "title"}
