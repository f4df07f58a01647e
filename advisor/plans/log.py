"""
Plans that auto_explain wrote into a server's log: stderr, csvlog and jsonlog, record by record.

Only one record is held at a time, so a log may be as long as it likes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from advisor import regex
from advisor.model import Location, Problem
from advisor.plans.model import Plan, PlanDocument, PlanNode
from advisor.plans.statement import without_explain

MAX_RECORD = 4 * 1024 * 1024
"""Characters of one record; what is longer is cut off there, and said to be."""
_MESSAGE = r"duration: (?P<ms>[\d.]{1,20}) ms  plan:"
STDERR = regex.lazy(rf".*?\w:\s{{1,2}}(?:[0-9A-Z]{{5}}: )?{_MESSAGE}\s*")
"""Whatever log_line_prefix says, a severity in the server's language, and the message."""
CSV = regex.lazy(rf'.*?,"{_MESSAGE}\s*')
_QUERY = "Query Text: "
_JSON = regex.lazy(rf"{_MESSAGE}\s*\n")
_CELL = regex.lazy(r'((?>(?:[^"]++|"")*))("?)')


class Record(Struct):
    """
    One plan as it was logged, without what the log added to its lines.
    """

    line: int
    """Of the file, where the record begins."""
    duration_ms: float | None
    first: int
    """Line of the file where the plan's first line stands."""
    end_line: int = 0
    text: str = ""
    is_one_line: bool = False
    """Whether the whole plan stands on one line of the file."""
    is_cut: bool = False
    """Whether it is longer than `MAX_RECORD`, or breaks off."""

    def place(self, line: int) -> int:
        """
        The line of the file of a line of the text.
        """
        return self.first if self.is_one_line else self.first + line - 1


def might_hold_records(text: str) -> bool:
    """
    Whether it is worth going through the lines.
    """
    return " ms  plan:" in text


def records(lines: Iterable[str]) -> Iterator[Record]:
    """
    Every plan in the lines of a log, which may end with their line breaks or not.
    """
    waiting: _Open | None = None
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        if waiting is not None:
            if waiting.take(number, line):
                continue
            yield from waiting.finished()
            waiting = None
        if " ms  plan:" not in line:
            continue
        if line.lstrip().startswith("{"):
            yield from of_json(number, line)
        elif match := CSV.fullmatch(line):
            waiting = _Open(Record(number, milliseconds(match["ms"]), number + 1), is_csv=True)
        elif match := STDERR.fullmatch(line):
            waiting = _Open(Record(number, milliseconds(match["ms"]), number + 1))
    if waiting is not None:
        waiting.record.is_cut |= waiting.is_csv and not waiting.is_closed
        yield from waiting.finished()


class _Open(Struct):
    """
    A record whose lines are being collected.
    """

    record: Record
    is_csv: bool = False
    is_closed: bool = False
    is_tabbed: bool = False
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def take(self, number: int, line: str) -> bool:
        """
        Whether a line belongs to the record, which then has it.
        """
        # The server puts a tab before every line but the first; copies may have blanks for it.
        margins = ("\t", "") if self.is_tabbed else ("\t", "", " ")
        if self.is_closed or not (self.is_csv or line[:1] in margins):
            return False
        self.is_tabbed |= line.startswith("\t")
        if self.is_csv and (match := _CELL.match(line)):
            self.is_closed = bool(match[2])
            line = match[1].replace('""', '"')
        self.record.end_line = number
        self.size += len(line)
        if self.size > MAX_RECORD:
            self.record.is_cut = True
        else:
            self.lines.append(line.removeprefix("\t"))
        return True

    def finished(self) -> Iterator[Record]:
        """
        The record, unless it has no lines: psql prints what it is sent without indentation.
        """
        self.record.text = "\n".join(self.lines).rstrip()
        if self.record.text:
            yield self.record


def of_json(number: int, line: str) -> Iterator[Record]:
    """
    The record of one line of jsonlog; none when its message is another.
    """
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        yield Record(number, None, number, number, is_one_line=True, is_cut=True)
        return
    message = entry.get("message") if isinstance(entry, dict) else None
    match = _JSON.match(message) if isinstance(message, str) else None
    if match:
        text = match.string[match.end() :]
        yield Record(number, milliseconds(match["ms"]), number, number, text, is_one_line=True)


def read_record(
    path: str, record: Record, read: Callable[[str, str], PlanDocument]
) -> PlanDocument:
    """
    What a record holds, with the lines of the file; `read` knows the forms of EXPLAIN.

    The duration stands for the execution time, which auto_explain does not print.
    """
    document = read(path, record.text) if record.text else PlanDocument(())
    plans = tuple(_placed(plan, record) for plan in document.plans)
    problems = [_moved(problem, record) for problem in document.problems]
    if record.is_cut:
        problems.append(_problem(path, record, "the record of a plan is cut off or too long"))
    elif not plans and not problems:
        problems.append(_problem(path, record, "no plan could be read in the record"))
    return PlanDocument(plans, tuple(problems))


def _placed(plan: Plan, record: Record) -> Plan:
    """
    A plan whose lines are those of the file.
    """
    done: dict[int, PlanNode] = {}
    for node in reversed(list(plan.walk())):
        children = tuple(done[child.id] for child in node.children)
        done[node.id] = replace(node, line=record.place(node.line), children=children)
    time = plan.execution_ms if plan.execution_ms is not None else record.duration_ms
    return replace(
        plan,
        root=done[0],
        location=_location(plan.location, record),
        execution_ms=time,
        query=_query(plan, record) or plan.query,
        triggers=tuple(replace(one, line=_line(one.line, record)) for one in plan.triggers),
        problems=tuple(_moved(problem, record) for problem in plan.problems),
    )


def _line(line: int, record: Record) -> int:
    return record.place(line) if line else 0


def _query(plan: Plan, record: Record) -> str:
    """
    The statement in the text form: all between its label and the plan or its parameters.
    """
    if plan.form != "text" or not record.text.startswith(_QUERY):
        return ""
    above = record.text.split("\n")[: plan.location.line - 1]
    lines = [line for line in above if not line.startswith("Query Parameters: ")]
    return without_explain("\n".join(lines).removeprefix(_QUERY))


def _moved(problem: Problem, record: Record) -> Problem:
    return replace(problem, location=_location(problem.location, record))


def _location(place: Location, record: Record) -> Location:
    end_line = record.place(place.end_line) if place.end_line else 0
    column = 1 if record.is_one_line else place.column
    return Location(place.path, record.place(place.line), column, end_line)


def _problem(path: str, record: Record, message: str) -> Problem:
    return Problem(message, Location(path, record.line))


def milliseconds(text: str) -> float | None:
    """
    A duration as the log has it.
    """
    try:
        return float(text)
    except ValueError:
        return None
