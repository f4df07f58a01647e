"""
EXPLAIN in its text form, read by indentation and arrows: costs, times and rows may all be missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Problem
from advisor.plans import arity, build, names, properties, scan
from advisor.plans.build import MAX_DEPTH, RawNode, RawPlan
from advisor.plans.decoration import Line, Mark, clean
from advisor.plans.model import PlanDocument
from advisor.plans.oneline import spread
from advisor.plans.statement import parameters_before, query_before, starts_statement
from advisor.plans.wrapping import unwrapped

_SECTION = regex.lazy(r"(CTE|InitPlan|SubPlan) [^:]+")
_PROPERTY = regex.lazy(r"([A-Za-z][^:'\"(]{0,60}):(?:\s+(.*))?", re.DOTALL)
_WORKER = regex.lazy(r"Worker (\d{1,6}):\s*(.*)", re.ASCII)
_TARGET = regex.lazy(r"(?:Foreign )?(?:Insert|Update|Delete|Merge) on (.+)")
_TIMING = regex.lazy(r"(\w+) ([\d.]+) ms", re.ASCII)
_OPTION = regex.lazy(r"(\w+) (true|false)")
_PSQL_TIME = regex.lazy(r"\w+ ?: [\d.,]+ \w{2,3}\b.*")
_OF_JIT = {"Options": _OPTION, "Timing": _TIMING}
_TIMES = {
    "Planning Time": "Planning Time",
    "Planning time": "Planning Time",
    "Execution Time": "Execution Time",
    "Execution time": "Execution Time",
    "Total runtime": "Total Runtime",
}
_BLOCKS = ("Planning", "JIT", "Serialization", "Settings", "Query Identifier")
_LOOPS = "Actual Loops"
_NUMBERS = ("(cost=", "(actual", "(never executed")
_LITERAL_LINES = 60
"""Lines that a literal may go on for."""
_WRAPPED_LINES = 5
"""Lines that a terminal may have broken one line into."""
_MAX_CUTS = 20
"""Unclosed lines in a file before continuations are no longer looked for: keeps time linear."""


def read(path: str, text: str) -> PlanDocument:
    """
    All plans of a file, one after the other, each with the statement above it.

    Text around the plans is ignored; a line within one that cannot be read is a problem of it.
    """
    lines = spread(clean(unwrapped(text)))
    plans = []
    start = index = cuts = 0
    while index < len(lines):
        if not _is_root(lines, index):
            index += 1
            continue
        reader = _Reader(path, lines, index, cuts)
        raw = reader.read()
        raw.query = query_before(lines[start:index])
        if values := parameters_before(lines[start:index]):
            raw.properties["Query Parameters"] = values
        plans.append(build.plan(raw))
        start = index = reader.index
        cuts = reader.cuts
    return PlanDocument(tuple(plans))


def _is_root(lines: Sequence[Line], index: int) -> bool:
    """
    Whether a plan begins here: a node with numbers, or a node's name and what belongs to it.
    """
    line = lines[index]
    if line.mark is not Mark.TEXT:
        return False
    title = names.split_numbers(line.text.removeprefix("->").strip())
    name = title.name
    if title.numbers and title.is_bare:
        return name[:1].isupper() and not name.endswith(":")
    if not names.is_known(name):
        return False
    if title.numbers or not title.is_whole:
        return True
    return line.titled or " on " in name or _goes_on(lines, index)


def _goes_on(lines: Sequence[Line], index: int) -> bool:
    below = (line for line in lines[index + 1 : index + 3] if line.mark is not Mark.BLANK)
    following = next(below, None)
    if following is None or following.column <= lines[index].column:
        return False
    text = following.text
    if text.startswith(("->", *_NUMBERS)):
        return True
    return bool(_PROPERTY.fullmatch(text) or _SECTION.fullmatch(text))


class _Frame(Struct):
    """
    Something that deeper lines belong to.
    """

    column: int
    node: RawNode
    target: dict[str, Any]
    """Where properties go: of the node, of one of its workers, or of a block of the plan."""
    section: str = ""
    """``CTE big``, ``InitPlan 1``, ``SubPlan 2``: the next node is that one's root."""


class _Reader(Struct):
    """
    One pass over one plan; `index` ends behind its last line.
    """

    path: str
    lines: Sequence[Line]
    index: int
    cuts: int
    frames: list[_Frame] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)
    """About the plan as a whole, under its JSON name."""
    others: dict[str, Any] = field(default_factory=dict)
    """The same for lines this version does not know."""
    problems: list[Problem] = field(default_factory=list)
    silent: list[tuple[RawNode, RawNode, Line]] = field(default_factory=list)
    """Nodes that say nothing of having run, each below its parent."""
    is_flat: bool = False
    """Whether lines that belong below the root begin where the root does."""
    flat: list[tuple[Line, RawNode, str]] = field(default_factory=list)
    """Those with a node, each with the section it begins."""
    section: str = ""
    """Of the next of them."""

    def read(self) -> RawPlan:
        first = self.lines[self.index]
        root = self._node(first)
        is_part = first.text.startswith("->")
        if is_part:
            self._problem(first, "the plan starts below its root")
        self.is_flat = self._starts_flat(first.column)
        self.frames = [_Frame(first.column, root, root.properties)]
        last = first
        while self.index < len(self.lines) and not self._ends(self.lines[self.index]):
            line = self.lines[self.index]
            if line.mark is Mark.TEXT:
                self._line(line)
                last = self.lines[self.index - 1]
            else:
                self.index += 1
        is_guess = bool(self.flat) and self._is_guess(root)
        self._silence(root)
        location = Location(self.path, first.number, 1, last.number)
        given = self.others | self.given
        return RawPlan(root, "text", location, given, "", self.problems, is_guess, is_part)

    def _starts_flat(self, column: int) -> bool:
        """
        Whether the second node begins no further to the right than the first.
        """
        for line in self.lines[self.index : self.index + _LITERAL_LINES]:
            if line.text.startswith("->"):
                return line.column <= column
            if line.mark is Mark.EDGE:
                break
        return False

    def _is_guess(self, root: RawNode) -> bool:
        """
        Hang the nodes that lost their indentation; whether that is a guess.
        """
        is_sure = arity.rebuild(root, [(node, section) for _, node, section in self.flat])
        if len(self.flat) > 1 or not is_sure:
            tree = "was put together by what each node needs" if is_sure else "is a guess"
            self._problem(self.flat[0][0], f"the indentation is lost, so the tree {tree}")
        return not is_sure

    def _ends(self, line: Line) -> bool:
        if line.mark is not Mark.TEXT:
            return line.mark is Mark.EDGE
        if starts_statement(line.text) or line.text.startswith("--"):
            return True
        if line.column > self.frames[0].column or line.text.startswith("->"):
            return False
        if _is_root(self.lines, self.index):
            return True
        if _PSQL_TIME.fullmatch(line.text):
            return True
        if properties.trigger(line.text):
            return False
        is_after_blank = self.lines[self.index - 1].mark is Mark.BLANK
        if match := _PROPERTY.fullmatch(line.text):
            return is_after_blank and not _is_plan_key(match[1])
        return is_after_blank or bool(self.given)

    def _line(self, line: Line) -> None:
        if line.text.startswith("->"):
            self._arrow(line)
        elif not self._of_plan(line):
            self._inner(line)

    def _arrow(self, line: Line) -> None:
        is_flat = line.column <= self.frames[0].column
        self.is_flat |= is_flat
        self._close(line.column)
        if len(self.frames) >= MAX_DEPTH:
            self._problem(line, "nested too deeply, so the tree is cut here")
            del self.frames[MAX_DEPTH - 1 :]
        top = self.frames[-1]
        node = self._node(line)
        if is_flat:
            self.flat.append((line, node, self.section))
            self.section = ""
        else:
            arity.hang(top.node, node, top.section)
        if _LOOPS not in node.properties:
            self.silent.append((top.node, node, line))
        self.frames.append(_Frame(line.column, node, node.properties))

    def _silence(self, root: RawNode) -> None:
        """
        Report nodes without measurements below those that have them.

        Lines of extensions, such as Citus' `Task`, have none, nor do the nodes below them.
        """
        if _LOOPS not in root.properties:
            return
        told = {problem.location.line for problem in self.problems}
        lost: set[int] = set()
        for above, node, line in self.silent:
            is_measured = _LOOPS in above.properties or id(above) in lost
            if is_measured and names.is_type(str(node.properties["Node Type"])):
                lost.add(id(node))
                if line.number not in told:
                    self._problem(line, "the node has no measurements, unlike those around it")

    def _node(self, line: Line) -> RawNode:
        text = self._whole(line)
        # Some programs give the measured numbers a line of their own.
        while self.index < len(self.lines) and self.lines[self.index].text.startswith(_NUMBERS):
            text = f"{text} {self._whole(self.lines[self.index])}"
        title = names.split_numbers(text.removeprefix("->").strip())
        if not title.is_whole:
            self._problem(line, "the node's numbers cannot all be read")
        return RawNode(line.number, names.properties(title.name) | title.numbers)

    def _of_plan(self, line: Line) -> bool:
        """
        Lines about the plan as a whole; they stand at the root's column, or one blank right of it
        when the first line lost its own.
        """
        match = _PROPERTY.fullmatch(line.text)
        key, value = (match[1], match[2] or "") if match else ("", "")
        if key in _TIMES:
            self.given[_TIMES[key]] = value.removesuffix("ms").strip()
        elif trigger := properties.trigger(line.text):
            _append(self.given, "Triggers", trigger | {"Line": line.number})
        elif key in _BLOCKS and line.column <= self.frames[0].column + 1:
            self._block(line, key, self._whole(line).partition(":")[2].strip())
            return True
        else:
            return False
        self.index += 1
        return True

    def _block(self, line: Line, key: str, value: str) -> None:
        if key in ("Settings", "Query Identifier"):
            is_settings = key == "Settings"
            self.given[key] = properties.settings(value) if is_settings else value
            return
        block: dict[str, Any] = self.given.setdefault(key, {})
        if key == "Serialization":
            time, _, rest = value.partition(" ms")
            block |= {"Time": time.removeprefix("time=")}
            block |= dict(part.split("=", 1) for part in rest.split() if "=" in part)
        del self.frames[1:]
        self.frames.append(_Frame(line.column, self.frames[0].node, block))

    def _inner(self, line: Line) -> None:
        is_flat = self.is_flat and line.column <= self.frames[0].column
        if not is_flat:
            self._close(line.column)
        top = self.frames[-1]
        if worker := _WORKER.fullmatch(line.text):
            self._worker(line, worker)
        elif top.section:
            self._problem(line, "not understood as part of the plan")
        elif is_flat and _SECTION.fullmatch(line.text):
            self.section = line.text
        elif _SECTION.fullmatch(line.text) and top.target is top.node.properties:
            self.frames.append(_Frame(line.column, top.node, {}, line.text))
        elif target := _TARGET.fullmatch(line.text):
            _append(top.target, "Target Tables", target[1])
        elif _PROPERTY.fullmatch(line.text):
            is_of_plan = line.column <= self.frames[0].column and not is_flat
            self._property(line, top, is_of_plan=is_of_plan)
            return
        else:
            self._problem(line, "not understood as part of the plan")
        self.index += 1

    def _worker(self, line: Line, match: re.Match[str]) -> None:
        node = self.frames[-1].node
        worker: dict[str, Any] = {"Worker Number": match[1]}
        numbers = names.split_numbers(f"Worker ({match[2]})").numbers
        worker |= numbers
        if not numbers and (inner := _PROPERTY.fullmatch(match[2])):
            worker |= properties.translate(inner[1], inner[2] or "")
        _append(node.properties, "Workers", worker)
        if not numbers and self.is_flat:
            return
        self.frames.append(_Frame(line.column, node, worker))

    def _property(self, line: Line, top: _Frame, *, is_of_plan: bool) -> None:
        key, _, value = self._whole(line).partition(":")
        target = top.target
        if is_of_plan and not {*properties.translate(key, value.strip())} & build.PROPERTIES:
            target = self.others
        if key == "Hash Key" or (key == "Group Key" and {"Group Key", "Grouping Sets"} & {*target}):
            sets = [", ".join(target.pop("Group Key"))] if "Group Key" in target else []
            target.setdefault("Grouping Sets", []).extend([*sets, value.strip()])
            return
        for name, found in properties.translate(key, value.strip()).items():
            target.setdefault(name, found)
        if target is self.given.get("JIT") and key in _OF_JIT:
            target[key] = dict(_OF_JIT[key].findall(value))

    def _whole(self, line: Line) -> str:
        """
        A line with the lines that continue it: a literal with line breaks, or a hard wrap.

        Moves behind them. A quote that nothing closes was cut off and stays as it is.
        """
        self.index += 1
        if self.cuts > _MAX_CUTS or not scan.is_open(line.text):
            return line.text
        margin = self.frames[0].column if self.frames else line.column
        whole, after = _continued(self.lines, self.index, margin)
        if not whole:
            self.cuts += 1
            self._problem(line, "a quote or parenthesis is not closed: cut off here")
            return line.text
        self.index = after
        return whole

    def _close(self, column: int) -> None:
        while len(self.frames) > 1 and self.frames[-1].column >= column:
            self.frames.pop()

    def _problem(self, line: Line, message: str) -> None:
        location = Location(self.path, line.number, line.column + 1)
        self.problems.append(Problem(f"{message}: {line.text[:80]}", location))


def _continued(lines: Sequence[Line], after: int, margin: int) -> tuple[str, int]:
    """
    The line above `after` with those that close what it leaves open, and the index behind them.

    `margin` is the column where the plan begins: what is left of it is no part of a literal.

    The text is empty when nothing closes it.
    """
    text = lines[after - 1].text
    quote = scan.open_quote(text)
    for index in range(after, min(after + _LITERAL_LINES, len(lines))):
        line = lines[index]
        is_foreign = index - after >= _WRAPPED_LINES or line.text.startswith("->")
        if line.mark is Mark.EDGE or (not quote and is_foreign):
            break
        indent = " " * max(0, line.column - margin)
        text += f"\n{indent}{line.text}" if quote else line.text
        # Only an odd number of quotes can close one.
        if quote and line.text.count(quote) % 2 == 0:
            continue
        if not scan.is_open(text):
            return text, index + 1
        quote = scan.open_quote(text)
    return "", after


def _append(target: dict[str, Any], key: str, item: object) -> None:
    if isinstance(items := target.get(key), list):
        items.append(item)
    else:
        target[key] = [item]


def _is_plan_key(key: str) -> bool:
    return key in _TIMES or key in _BLOCKS
