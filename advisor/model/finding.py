"""
What the audit says: findings, and the outcomes they are sorted out of.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from msgspec import Struct, field

from advisor.model.location import Location
from advisor.model.picture import Budget, TargetRow, TimeoutChain
from advisor.model.plan_tree import PlanTree
from advisor.model.value import Origin


class Severity(Enum):
    """
    How much it matters, worst first. The value sorts.
    """

    CRITICAL = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3
    INFO = 4

    def __str__(self) -> str:
        return self.name.lower()

    def at_least(self, other: Severity) -> bool:
        """
        Whether this is as bad as `other` or worse.
        """
        return self.value <= other.value


class Confidence(Enum):
    """
    How sure a finding is, surest first. The value sorts.
    """

    CERTAIN = 0
    LIKELY = 1
    POSSIBLE = 2

    def __str__(self) -> str:
        return self.name.lower()


class Safety(StrEnum):
    """
    Whether a fix may be applied without a person reading it.
    """

    SAFE = "safe"
    """Keeps behaviour apart from the defect; no change of durability or capacity."""
    REVIEW = "review"


class Apply(StrEnum):
    """
    What makes a changed setting take effect.
    """

    RELOAD = "reload"
    RESTART = "restart"
    REBUILD = "rebuild"
    NONE = "none"
    """Takes effect by itself, for example an index once it is built."""


class Evidence(Struct, frozen=True):
    """
    One fact that a finding rests on.
    """

    fact: str
    """Dotted name as in the fact schema, for example ``pg.max_connections``."""
    value: str
    """Printed with its unit, secrets already taken out."""
    origin: Origin
    location: Location | None = None
    note: str = ""


class Mark(Struct, frozen=True):
    """
    A place to show with a caret, and what to say under it.
    """

    location: Location
    label: str = ""
    fact: str = ""
    """Dotted name of the fact that the place is about; empty when no fact is."""


class Change(Struct, frozen=True):
    """
    One setting to change: what stands there now and what should.
    """

    setting: str
    """The program's own name, for example ``shared_buffers``."""
    now: str
    """As it stands in the file, or empty when nothing is set."""
    then: str
    """The whole line to write, in the program's own syntax."""
    location: Location | None = None
    """Where `now` stands; None when the line has to be added."""
    path: str = ""
    """The file to edit, relative to the deployment; empty when it is not known."""
    program: str = ""
    """Whose setting it is, as in the fact schema: ``postgresql``, ``nginx``, ``engine`` …"""
    value: str = ""
    """The value alone, as `then` spells it: ``4GB``, ``'replica'``."""
    whole: bool = False
    """Whether `then` stands instead of all that is at `location`, the setting's name included."""
    flag: bool = False
    """Whether `then` is a flag of a command, as in a compose file, and no line of a file."""
    inside: Location | None = None
    """A place in the block or call that a setting has to be added to; None: anywhere in `path`."""
    apply: Apply | None = None
    """What makes this one setting take effect; None when only that of the whole fix is known."""


class Fix(Struct, frozen=True):
    """
    What to write instead.
    """

    changes: tuple[Change, ...]
    snippet: str
    """Ready to paste, in the program's own syntax."""
    language: str
    """Fence name of the snippet: ``ini``, ``nginx``, ``python``, ``sql``, ``yaml``."""
    safety: Safety
    apply: Apply
    program: str = ""
    """What to reload, restart or rebuild, for example ``gunicorn``; empty when it is not known."""
    edits: tuple[Change, ...] = ()
    """How the snippet is written where there are no `changes`; reports show the snippet itself."""


class Reference(Struct, frozen=True):
    """
    A page of the official documentation.
    """

    title: str
    url: str


class Finding(Struct, frozen=True):
    """
    One thing to change, with everything needed to believe it and to do it.
    """

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    """One sentence of fact, with the numbers."""
    recommendation: str
    why: str
    subject: str
    """What it is about, for example ``upstream app`` or ``service db``."""
    mark: Mark | None
    """The primary place; None when no file can be pointed at."""
    related: tuple[Mark, ...]
    evidence: tuple[Evidence, ...]
    fix: Fix | None
    references: tuple[Reference, ...]
    guide: tuple[str, ...]
    """Anchors of the guide's sections this rule checks."""
    not_when: tuple[str, ...]
    root_cause: str
    """Findings with equal root causes are merged into one."""
    category: str = ""
    """``durability``, ``correctness``, ``security``, ``capacity``, ``compatibility`` or
    ``performance``."""
    impact: float = 0.0
    """Share of the whole that the change saves, 0 to 1, when it was measured; else 0."""
    also: tuple[str, ...] = ()
    """Codes of the findings merged into this one."""
    title: str = ""
    """What the rule finds, in words that hold for all of its findings."""
    fingerprint: str = ""
    """What makes it the same finding in the next audit; empty until all findings are known."""


class By(StrEnum):
    """
    What keeps a finding from being reported.
    """

    COMMENT = "comment"
    """A comment in the file itself."""
    CONFIGURATION = "configuration"
    """``[[ignore]]`` or the settings of a path."""
    BASELINE = "baseline"
    REVISION = "revision"
    """It is in the revision that is compared with."""


class Suppressed(Struct, frozen=True):
    """
    A finding that somebody has decided about: counted, and shown on request.
    """

    finding: Finding
    by: By
    reason: str = ""
    """As written there; for a baseline or revision its name."""
    location: Location | None = None
    """Of the comment."""
    until: str = ""
    """The last day on which it counts, as ``2027-01-31``; empty when there is none."""


class NotEvaluated(Struct, frozen=True):
    """
    A rule that could not be decided for one subject, and the facts it lacks.
    """

    code: str
    subject: str
    needs: tuple[str, ...]
    """Dotted names of the unknown facts."""
    reasons: tuple[str, ...]
    """Why each of them is unknown."""


class Passed(Struct, frozen=True):
    """
    A rule that was decided for one subject and found nothing wrong.
    """

    code: str
    subject: str


Outcome = Finding | NotEvaluated | Passed


class Problem(Struct, frozen=True):
    """
    A file, or a part of one, that could not be read: always reported, never skipped in silence.
    """

    message: str
    location: Location
    hint: str = ""
    """What to do about it, as an imperative sentence."""
    category: str = "syntax"
    """
    ``syntax``, ``encoding``, ``include``, ``template``, ``unreadable``; ``note`` for what is not
    wrong.
    """


class FactRow(Struct, frozen=True):
    """
    One known fact of the deployment, for the report's table and for ``advisor facts``.
    """

    name: str
    value: str
    origin: Origin | None
    """None when the fact is unknown; `note` then holds the reason."""
    location: Location | None = None
    note: str = ""
    subject: str = ""


class GuideRow(Struct, frozen=True):
    """
    One section of the tuning guide and what the files say about it.
    """

    section: str
    title: str
    state: str
    """``satisfied``, ``violated``, ``not evaluated`` or ``not decidable from files``."""
    codes: tuple[str, ...] = ()
    group: str = ""
    """Heading that an item of the guide's checklist stands under; empty for a section."""


class Report(Struct, frozen=True):
    """
    Everything one audit of one deployment has to say. All that a reporter may read.
    """

    name: str
    """Last component of the audited path."""
    root: str
    """The audited path as the user wrote it."""
    stack: str
    """One line: ``nginx 1.30 → gunicorn, 9 uvicorn workers → SQLAlchemy 20+10 → …``."""
    findings: tuple[Finding, ...]
    """Most important first."""
    not_evaluated: tuple[NotEvaluated, ...]
    passed: tuple[Passed, ...]
    facts: tuple[FactRow, ...]
    guide: tuple[GuideRow, ...]
    notes: tuple[str, ...]
    """What the reader should know of how the files were put together."""
    diagram: tuple[tuple[str, str, str], ...] = ()
    """Edges of the stack: from, label, to. Labels carry numbers."""
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Lines of the files that locations point into, by path."""
    rules: int = 0
    """How many rules were tried."""
    base: str = ""
    """
    Folder that paths are relative to, seen from where the audit was started; empty for that one.
    """
    budgets: tuple[Budget, ...] = ()
    """Connections and memory of each server, term by term."""
    timeouts: tuple[TimeoutChain, ...] = ()
    """One chain for each application."""
    targets: tuple[TargetRow, ...] = ()
    """What the guide wants to be measured, in its order."""
    plans: tuple[PlanTree, ...] = ()
    """The query plans to look at, in the order of the files."""
    plans_read: int = 0
    """How many plans there are, shown or not."""
    error: str = ""
    """Why the path could not be audited, as one sentence; all else is empty then."""
    suppressed: tuple[Suppressed, ...] = ()
    """Most important first. No finding of these is among `findings`."""
