"""
What can go wrong, one class per cause. The command line catches `AdvisorError` and nothing else.
"""

from __future__ import annotations


class AdvisorError(Exception):
    """
    A job could not be done. `str()` is one sentence with path and line where there is one.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        """What is wrong, without the place."""
        self.path = path
        """Path as the user would write it, None when no file is involved."""
        self.line = line
        """1-based line."""
        self.column = column
        """1-based column."""
        self.hint = hint
        """What to do about it, as an imperative sentence."""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} ({self.hint})" if self.hint else text


class UsageError(AdvisorError):
    """
    The command line asks for something that does not exist or does not fit together.
    """


class SourceError(AdvisorError):
    """
    A path that was named cannot be read, or there is nothing to audit below it.
    """


class NothingFoundError(SourceError):
    """
    There is nothing to audit below a path.
    """


class RuleError(AdvisorError):
    """
    A rule file cannot be used: bad YAML, an unknown fact, a wrong type, a missing example.
    """


class ExpressionError(RuleError):
    """
    An expression in a rule does not compile.

    `column` is the 1-based column in `expression`; `excerpt()` shows the place with a caret.
    """

    def __init__(
        self, message: str, *, expression: str, column: int, hint: str | None = None
    ) -> None:
        super().__init__(message, column=column, hint=hint)
        self.expression = expression
        """The whole source text of the expression."""

    def __str__(self) -> str:
        text = f"{self.message}; {self.hint}" if self.hint else self.message
        return f"{text}\n{self.excerpt()}"

    def excerpt(self) -> str:
        """
        The offending line of the expression and a caret under the column.
        """
        lines = self.expression.splitlines() or [""]
        rest = (self.column or 1) - 1
        for line in lines:
            if rest <= len(line):
                return f"    {line}\n    {' ' * rest}^"
            rest -= len(line) + 1
        return f"    {lines[-1]}\n    {' ' * len(lines[-1])}^"


class ConfigError(AdvisorError):
    """
    `advisor.toml` or an option like ``--host`` holds something that is not understood.
    """


class FixError(AdvisorError):
    """
    An edited file cannot be written: it has changed, left the deployment or is protected.
    """


class BaselineError(AdvisorError):
    """
    A baseline cannot be read or is damaged. It is never taken for an empty one.
    """


class LiveError(AdvisorError):
    """
    A running server cannot be reached or read. Never quotes a password.
    """


class LabError(AdvisorError):
    """
    The planner's laboratory cannot be set up: a missing program, a server that does not start.
    """


class StatisticsError(AdvisorError):
    """
    A record of statistics cannot be used: damaged, of another format, or without what is needed.
    """
