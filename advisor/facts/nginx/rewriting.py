"""
Events of nginx's rewrite module: a ``rewrite`` or an ``if`` that something simpler can replace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor import regex
from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.server import EVERYTHING, REDIRECTS, answers_all
from advisor.facts.nginx.views import Written
from advisor.facts.nginx.writing import quoted
from advisor.facts.schema import BOOL, STRING
from advisor.model import Origin, Value
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Scope

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

_USED = ("if", "rewrite")
_HOSTS = frozenset({"$host", "$http_host"})
_FILE_TESTS = frozenset({"-f", "!-f", "-d", "!-d", "-e", "!-e"})
_REQUESTED = ("$request_filename", "$document_root$uri", "$document_root$request_uri")
_CODES = {"permanent": "301", "redirect": "302"}
_LEADING = regex.lazy(r"\^?/\(")
"""A pattern that takes the first slash out of what it captures."""


class Rewriting(Written):
    """
    One ``rewrite`` or ``if``.
    """

    def __init__(self, reader: Reader, scope: Scope, directive: Directive, problem: str) -> None:
        super().__init__(reader, scope, directive)
        self.problem = problem

    @property
    def label(self) -> str:
        """
        What to call it in a sentence.
        """
        return f"{_shown(self.written)} in {self.scope.label}"


def rewritings(reader: Reader) -> Iterator[Rewriting]:
    """
    Every directive of the module of which there is something to say.
    """
    if reader.config.used.isdisjoint(_USED):
        return
    for scope in reader.config.main.walk():
        for one in scope.own("rewrite"):
            if _moves_everything(one):
                yield Rewriting(reader, scope, one, "moves")
        if scope.kind == "if" and scope.directive and scope.parent:
            problem = _problem_of(scope, scope.parent, scope.directive)
            if problem:
                yield Rewriting(reader, scope.parent, scope.directive, problem)


def _moves_everything(rewrite: Directive) -> bool:
    args = rewrite.args
    return len(args) == 3 and args[0] in EVERYTHING and args[2] in REDIRECTS


def _problem_of(scope: Scope, parent: Scope, directive: Directive) -> str:
    args = directive.args
    if len(args) == 3 and parent.kind == "server" and args[0] in _HOSTS:
        # A server that does nothing but redirect is what tools such as certbot write.
        return "host" if answers_all(scope) and not answers_all(parent) else ""
    if len(args) == 2 and args[0] in _FILE_TESTS and args[1] in _REQUESTED:
        return "" if scope.own("return") else "file"
    return ""


def _shown(directive: Directive) -> str:
    inner = " ".join(directive.args)
    return f"if ({inner})" if directive.name == "if" else str(directive)


def line_for(rewrite: Directive) -> str:
    """
    The ``return`` that does the same as a ``rewrite`` of everything; empty when none surely does.

    ``rewrite`` appends the query unless the new address ends with ``?``; ``$request_uri`` has it.
    """
    pattern, target, flag = rewrite.args
    if is_placeholder(target):
        return ""
    whole = target.endswith("?")
    target = target.removesuffix("?")
    captured = "/$1" if _LEADING.match(pattern) else "$1"
    if "?" in target:
        return ""
    if target.endswith(captured) and not whole:
        target = target.removesuffix(captured) + "$request_uri"
    elif not whole and not target.endswith("$request_uri"):
        target += "$is_args$args"
    return "" if re.search(r"\$\d", target) else f"return {_CODES[flag]} {quoted(target)};"


def _negative(view: Rewriting) -> bool:
    return view.written.args[1:2] in (("!=",), ("!~",), ("!~*",))


def _continues(view: Rewriting) -> bool:
    """
    Whether the ``if`` only sends the request to another location.
    """
    rewrites = [one for one in view.written.block or () if one.name == "rewrite"]
    return any(one.args[2:] == ("last",) for one in rewrites)


REWRITE: Rows = {
    "text": Row(
        STRING,
        "the directive as written",
        lambda view: Value(_shown(view.written), Origin.LITERAL, view.place),
    ),
    "whom": Row(
        STRING,
        "which requests it is for: every request, or within an if those that match",
        lambda view: computed(
            "every request that matches" if view.scope.kind == "if" else "every request"
        ),
    ),
    "level": Row(STRING, "the level it stands on", lambda view: computed(view.scope.label)),
    "problem": Row(
        STRING,
        "moves (a rewrite redirects everything), host (an if redirects by name), or file (an if "
        "asks whether a file is there)",
        lambda view: Value(view.problem, Origin.LITERAL, view.place),
    ),
    "line": Row(
        STRING,
        "the return that does the same as the rewrite, empty when none surely does",
        lambda view: computed(line_for(view.written) if view.problem == "moves" else ""),
    ),
    "negative": Row(
        BOOL, "whether the if holds for all but one name", lambda view: computed(_negative(view))
    ),
    "continues": Row(
        BOOL,
        "whether the if only sends the request to another location (rewrite … last)",
        lambda view: computed(_continues(view)),
    ),
}
