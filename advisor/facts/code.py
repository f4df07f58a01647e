"""
The Python code that an application answers requests with.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.deployment.model import Application, Deployment
from advisor.deployment.paths import is_variant, text_of
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.engines import Role, role_of
from advisor.parsers.upload_limit import upload_limits


def texts_of(deployment: Deployment, application: Application) -> Iterator[tuple[str, str]]:
    """
    Path and text of the files that it is served from: no tests, scripts or migrations.
    """
    for path in application.code:
        if role_of(path) is Role.APP and not is_variant(path):
            yield path, text_of(deployment.tree, path) or ""


def upload_limit(deployment: Deployment, application: Application) -> Fact:
    """
    The one limit that the code of the application states; unknown where it states several.
    """
    texts = texts_of(deployment, application)
    found = [one for path, text in texts for one in upload_limits(path, text)]
    if not found:
        return Value(None, Origin.DEFAULT)
    if any(isinstance(one, Unknown) or one.value != _bytes(found[0]) for one in found):
        return Unknown("the code sets it in several ways", found[0].location)
    return found[0]


def _bytes(fact: Value[int] | Unknown) -> int:
    return fact.value if isinstance(fact, Value) else 0
