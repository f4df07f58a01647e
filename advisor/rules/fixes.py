"""
From a rule's fix to what to write, in which file, in the program's own syntax.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from advisor.facts.namespaces import FactSpec, namespace, scope_of
from advisor.model import Change, Fix, Location, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.rules.applying import apply_of, apply_of_line
from advisor.rules.compiled import CompiledRule
from advisor.rules.expression import Reads, Undecided
from advisor.rules.known import ABSENT
from advisor.rules.parameters import ENDING, parameter_block
from advisor.rules.rule import FixSpec
from advisor.rules.spelling import PROGRAMS, setting_flag, setting_line, setting_value
from advisor.rules.written import COMMANDS, Snippet, written


def propose(
    compiled: CompiledRule,
    subject: Subject,
    facts: Mapping[str, Fact],
    reads: Reads,
    *,
    shown: Location | None = None,
) -> Fix | None:
    """
    What to write instead; adds the facts that it rests on to `reads`.

    `shown` is the finding's primary place: a directive that stands nowhere goes to the block there.
    None when nothing is left to change, or when part of it is not known: half a fix is none.
    """
    spec = compiled.rule.fix
    if spec is None:
        return None
    steps = list(_steps(compiled, subject, facts, reads))
    places = {
        "nginx": shown or subject.location,
        "engine": facts.get("engine.function", ABSENT).location,
    }
    snippet = compiled.template(spec.snippet)
    undecided = any(isinstance(step.value, Undecided) for step in steps)
    if undecided or snippet.undecided(facts) or (spec.set and not steps):
        return None
    text = snippet.render(facts, reads).rstrip("\n") or _snippet(steps)
    changes = tuple(
        _change(step, spec, _place(step, places, subject, facts), facts) for step in steps
    )
    if steps:
        settings = [(step.spec.program, step.spec.setting) for step in steps]
        apply = apply_of(spec.apply, settings, facts)
    else:
        apply = apply_of_line(spec.apply, facts)
    edits = written(Snippet(text, subject, facts, shown, apply), spec)
    return Fix(changes, text, spec.language, spec.safety, apply, _program(steps), edits)


_REFUSING = ("postgresql", "engine")
"""Programs in which a known setting without a value is one that does not exist."""


class _Step(Struct, frozen=True):
    """
    One setting, the value to give it, and the file that holds it.
    """

    spec: FactSpec
    fact: Fact
    value: object
    path: str
    block: str = ""
    """The block of Terraform that sets it, where its file is one."""

    @property
    def flag(self) -> bool:
        """
        Whether it stands on a command line, or in a block: in no line of its own.
        """
        return bool(self.block) or self.path.endswith(COMMANDS)

    def line(self) -> str:
        """
        The line to write, or the flag where the setting stands on a command line.
        """
        if self.block:
            return self.block
        spell = setting_flag if self.flag else setting_line
        return spell(self.spec.program, self.spec.setting, self.value, self.spec.type)


def _change(step: _Step, fix: FixSpec, place: Location | None, facts: Mapping[str, Fact]) -> Change:
    """
    The line beside the one it replaces, or added at a place.
    """
    spec, there = step.spec, step.fact.location
    inside = None if there else place
    if _is_seen(step.fact):
        there = None
    return Change(
        setting=spec.setting,
        now=_as_set(step.fact, spec),
        then=step.line(),
        location=there,
        path=inside.path if inside else step.path,
        program=spec.program,
        value=setting_value(spec.program, step.value, spec.type),
        flag=step.flag,
        inside=inside,
        apply=apply_of(fix.apply, [(spec.program, spec.setting)], facts),
    )


def _place(
    step: _Step,
    places: Mapping[str, Location | None],
    subject: Subject,
    facts: Mapping[str, Fact],
) -> Location | None:
    """
    Where a setting is added: among `places`, which go by program.

    Or the level whose setting it is, where the finding points into a file of another program, or
    one server's or location's finding sets something for all of them.
    """
    shown = places.get(step.spec.program)
    space = step.spec.name.partition(".")[0]
    if space == "nginx" and subject.target != space:
        return facts.get("nginx.path", ABSENT).location or shown
    level = facts.get(f"{space}.label", ABSENT).location
    return level if level and shown and level.path != shown.path else shown


def _steps(
    compiled: CompiledRule, subject: Subject, facts: Mapping[str, Fact], reads: Reads
) -> Iterator[_Step]:
    """
    The settings whose value differs from the one in effect.
    """
    fix = compiled.rule.fix
    specs = scope_of(compiled.rule.target)
    for name, source in fix.set.items() if fix else ():
        spec, fact = specs[name], facts.get(name, ABSENT)
        value = compiled.expression(source, spec.type).evaluate(facts, reads)
        if spec.program in _REFUSING and isinstance(fact, Value) and fact.value is None:
            # This version of the server, or this pool, has no such setting and would refuse it.
            value = Undecided(())
        if isinstance(value, Undecided) or not _same(fact, value, spec):
            path = _file(spec, fact, subject, facts)
            in_block = path.endswith(ENDING) and not isinstance(value, Undecided)
            block = parameter_block(spec.setting, value, spec.type, facts) if in_block else ""
            yield _Step(spec, fact, value, path, block)


def _same(fact: Fact, value: object, spec: FactSpec) -> bool:
    """
    Whether this value is in effect already. What would be written counts, not how it is stored.
    """
    if isinstance(fact, Unknown) or fact.value is None:
        return False
    lines = (setting_line(spec.program, spec.setting, v, spec.type) for v in (fact.value, value))
    return fact.value == value or len(set(lines)) == 1


def _as_set(fact: Fact, spec: FactSpec) -> str:
    """
    The setting as its program would write the value in effect, empty when nobody set it.
    """
    if isinstance(fact, Unknown) or fact.location is None or fact.value is None:
        return ""
    return setting_line(spec.program, spec.setting, fact.value, spec.type)


def _file(spec: FactSpec, fact: Fact, subject: Subject, facts: Mapping[str, Fact]) -> str:
    """
    The file to edit: where the setting stands, else where it would be added.

    A subject of several programs has one path; what belongs to another program goes where that
    program's settings stand, if that is one file.
    """
    if fact.location:
        return "" if _is_seen(fact) else fact.location.path
    space = spec.name.partition(".")[0]
    programs = {one.program for one in scope_of(subject.target).values() if one.program}
    if len(programs) == 1:
        return subject.path
    siblings = (facts.get(one.name, ABSENT) for one in namespace(space).values() if one.program)
    paths = {sibling.location.path for sibling in siblings if sibling.location}
    return paths.pop() if len(paths) == 1 else ""


def _is_seen(fact: Fact) -> bool:
    """
    Whether a value stands in a snapshot of a running server: no file to write a setting into.
    """
    return fact.location is not None and fact.location.path.endswith(".json")


def _snippet(steps: list[_Step]) -> str:
    """
    The lines to write; when they go to more than one file, under a comment that names it.
    """
    groups: dict[str, list[str]] = {}
    for step in steps:
        groups.setdefault(step.path or PROGRAMS[step.spec.program], []).append(step.line())
    if len(groups) == 1:
        return "\n".join(*groups.values())
    return "\n\n".join("\n".join((f"# {name}", *lines)) for name, lines in groups.items())


def _program(steps: list[_Step]) -> str:
    """
    What to reload or restart. Restarting gunicorn restarts the application in it.
    """
    programs = dict.fromkeys(step.spec.program for step in steps)
    if "gunicorn" in programs:
        programs.pop("engine", None)
    return " and ".join(PROGRAMS[program] for program in programs)
