"""
The shape of a rule file, checked with pydantic where YAML comes in.

`RuleFile` is the boundary; inside the program a rule is a `Rule` of `advisor.rules.rule`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _below_root(path: str) -> str:
    if "\\" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError("must be a path below the example's root, like conf.d/app.conf")
    return path


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Line = Annotated[Text, AfterValidator(_one_line)]
"""A sentence or a few: line breaks of the file are blanks."""
OptionalLine = Annotated[str, AfterValidator(_one_line)]
Expression = Text
Code = Annotated[str, Field(pattern=r"^[A-Z]{2,6}\d{3}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
ParamName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
FileName = Annotated[str, AfterValidator(_below_root)]
SeverityName = Literal["critical", "high", "medium", "low", "info"]
ConfidenceName = Literal["certain", "likely", "possible"]
ScalarText = str | int | float | bool


class _Strict(BaseModel):
    """
    Unknown keys are errors: a misspelt key must not silently switch something off.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, allow_inf_nan=False)


class MarkFile(_Strict):
    """
    A place to show: the location of a fact, and what to say under it.
    """

    fact: Text
    label: OptionalLine = ""


class ReferenceFile(_Strict):
    """
    A page of the official documentation.
    """

    title: Line
    url: Annotated[str, Field(pattern=r"^https://[^\s()<>]+$")]


class FixFile(_Strict):
    """
    What to write instead: settings with expressions for their values, or a ready snippet.
    """

    set: dict[Text, Expression] = {}
    snippet: str = ""
    edit: Literal["", "block", "line", "setting", "service", "comment"] = ""
    """
    How ``--fix`` writes the snippet; empty: it is only shown. ``block``: each of its lines is a
    directive of nginx for the block that the finding points at. ``line``: it stands instead of the
    assignment that the rule's subject is, a line of postgresql.conf. ``setting``: each line sets
    something of PostgreSQL, PgBouncer or Redis. ``service``: each line is a key of the service in
    compose.yaml that the finding is about. ``comment``: the code that a comment accepts for
    nothing is taken out.
    """
    language: Literal["ini", "nginx", "python", "sql", "yaml"]
    safety: Literal["safe", "review"]
    apply: Literal["reload", "restart", "rebuild", "none"]

    @model_validator(mode="after")
    def _says_something(self) -> FixFile:
        if not self.set and not self.snippet.strip():
            raise ValueError("needs `set` or `snippet`")
        if self.edit and (self.set or not self.snippet.strip()):
            raise ValueError("`edit` says how the snippet is written, so it needs one and no `set`")
        return self


class VariantFile(_Strict):
    """
    What differs when a further condition holds; the first variant that holds counts.
    """

    when: Expression
    severity: SeverityName | None = None
    confidence: ConfidenceName | None = None
    message: OptionalLine = ""
    recommendation: OptionalLine = ""
    why: OptionalLine = ""


class ExampleFile(_Strict):
    """
    A small deployment: files by name, and what the user states about it.
    """

    name: OptionalLine = ""
    files: Annotated[dict[FileName, str], Field(min_length=1)]
    host: dict[str, ScalarText] = {}
    target: dict[str, ScalarText] = {}


class BadFile(ExampleFile):
    """
    A deployment in which the rule fires exactly once.
    """

    at: Text
    """``path:line`` of the primary mark."""
    message: Line
    severity: SeverityName | None = None
    """Only where it differs from the rule's own."""
    fixed: dict[FileName, str] = {}
    """Files after the fix; the rule must then be silent."""


class UnknownFile(ExampleFile):
    """
    A deployment in which the rule cannot be decided.
    """

    needs: Annotated[list[Text], Field(min_length=1)]


class ExamplesFile(_Strict):
    """
    Examples are tests, and the documentation shows them.
    """

    bad: Annotated[list[BadFile], Field(min_length=1)]
    good: Annotated[list[ExampleFile], Field(min_length=1)]
    unknown: list[UnknownFile] = []


class ParamFile(_Strict):
    """
    A named threshold that users may override.
    """

    value: ScalarText
    unit: Literal["number", "size", "duration", "share", "bool", "string"] = "number"
    doc: Line


class RuleFile(_Strict):
    """
    One rule, as written in one YAML file.
    """

    code: Code
    name: Name
    title: Line
    target: Text
    category: Literal[
        "correctness", "durability", "security", "capacity", "performance", "compatibility"
    ]
    severity: SeverityName
    confidence: ConfidenceName = "certain"
    since: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    guide: list[Text] = []
    params: dict[ParamName, ParamFile] = {}
    requires: list[Text] = []
    when: Expression
    variants: list[VariantFile] = []
    at: Annotated[list[MarkFile], Field(min_length=1)]
    impact: Expression | None = None
    root_cause: OptionalLine = ""
    message: Line
    recommendation: Line
    why: Line
    not_when: Annotated[list[Line], Field(min_length=1)]
    fix: FixFile | None = None
    references: Annotated[list[ReferenceFile], Field(min_length=1)]
    examples: ExamplesFile

    @model_validator(mode="after")
    def _performance_is_not_critical(self) -> RuleFile:
        severities = {self.severity, *(variant.severity for variant in self.variants)}
        if self.category == "performance" and "critical" in severities:
            raise ValueError("nothing about performance is critical: the program still runs")
        return self
