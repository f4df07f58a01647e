"""
A rule with its expressions and texts compiled, for as many subjects as there are.
"""

from __future__ import annotations

from functools import cache, cached_property

from advisor.facts.namespaces import RECORDS, scope_of
from advisor.facts.schema import BOOL, Type
from advisor.rules.expression import Compiled, Scope, compile_expression
from advisor.rules.known import PARAMS
from advisor.rules.rule import Rule, Variant
from advisor.rules.template import Template, compile_template


class CompiledRule:
    """
    Compiles what a rule says when it is first needed: most rules never say anything.

    What a rule that was `checked` says is compiled no further than its values are asked for.
    """

    def __init__(self, rule: Rule, *, checked: bool = False) -> None:
        self.rule = rule
        self._checked = checked
        types = tuple((one.name, one.type) for one in rule.params)
        self.scope: Scope = scope_for(rule.target, types)
        """What the rule's expressions may name."""
        self._expressions: dict[tuple[str, Type | None], Compiled] = {}
        self._templates: dict[str, Template] = {}

    @cached_property
    def when(self) -> Compiled:
        """
        The condition. Raises as `expression`.
        """
        return self.expression(self.rule.when, BOOL)

    @cached_property
    def variants(self) -> tuple[tuple[Variant, Compiled], ...]:
        """
        The variants with their conditions. Raises as `expression`.
        """
        return tuple((one, self.expression(one.when, BOOL)) for one in self.rule.variants)

    def expression(self, source: str, expect: Type | None = None) -> Compiled:
        """
        An expression of the rule. Raises `ExpressionError` when it does not compile.
        """
        known = self._expressions.get((source, expect))
        if known is None:
            known = compile_expression(source, self.scope, expect=expect, checked=self._checked)
            self._expressions[(source, expect)] = known
        return known

    def template(self, text: str) -> Template:
        """
        A text of the rule. Raises `ExpressionError` when a field does not compile.
        """
        known = self._templates.get(text)
        if known is None:
            known = self._templates[text] = compile_template(text, self.scope)
        return known


@cache
def scope_for(target: str, params: tuple[tuple[str, Type], ...] = ()) -> Scope:
    """
    The names that rules of a target see, with those of their params.

    Raises `KeyError` for a name that is no target.
    """
    types = {name: spec.type for name, spec in scope_of(target).items()}
    types.update({PARAMS + name: kind for name, kind in params})
    return Scope(facts=types, records=RECORDS)
