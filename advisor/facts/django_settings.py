"""
Settings of Django applications as they load them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.model import Unknown, Value

if TYPE_CHECKING:
    from advisor.deployment.django import DjangoApplication


def setting_of(one: DjangoApplication, name: str) -> Value[object] | Unknown | None:
    """
    A setting; None when it is surely not set, unknown where others bring names in.
    """
    value = one.values.value(name)
    if value is None and one.values.opened is not None:
        return Unknown("an import of all names may set it", one.values.opened)
    return value
