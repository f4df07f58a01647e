"""
Keys of a service in compose.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.fix.edits import Edit, RefusedError, lines_of, replace_value
from advisor.model import Change

if TYPE_CHECKING:
    import yaml

_MARKS = ("$", "{{", "{%", "<%")
"""How text begins that is filled in from elsewhere."""


def edit(change: Change, text: str) -> tuple[Edit, ...]:
    """
    The value of the key, else a line of its own behind the last key with a value on its line.

    Raises `RefusedError` where the service is not written out as a block of its own.
    """
    service = _service(change, text)
    for key, value in service.value:
        if key.value == change.setting:
            return (_replaced(value, change, text),)
    if service.flow_style or not service.value:
        raise RefusedError("the service is not written as a block, one key in a line")
    if any(key.value == "<<" for key, _ in service.value):
        raise RefusedError("part of the service is merged in from elsewhere (<<)")
    lines = lines_of(text)
    first = service.value[0][0].start_mark
    indent = " " * first.column
    ends = [_line_of(value) for key, value in service.value if _is_short(key, value)]
    if ends:
        return (lines.add_line(lines.offset(ends[-1], 1), f"{indent}{change.then}"),)
    start = lines.offset(first.line + 1, first.column + 1)
    return (Edit(start, start, f"{change.then}{lines.line_end}{indent}"),)


def _replaced(value: yaml.Node, change: Change, text: str) -> Edit:
    block = getattr(value, "style", None) in ("|", ">")
    if not _is_scalar(value) or block or value.tag == "tag:yaml.org,2002:null":
        raise RefusedError(f"{change.setting} is more than a value")
    lines = lines_of(text)
    start = lines.offset(value.start_mark.line + 1, value.start_mark.column + 1)
    end = lines.offset(value.end_mark.line + 1, value.end_mark.column + 1)
    old = text[start:end]
    if old.strip("\"'").startswith(_MARKS) or old.startswith(("&", "!")):
        raise RefusedError("its value comes from somewhere else")
    quote = old[0] if old[0] in "\"'" else ""
    return replace_value(text, start, end, f"{quote}{change.value}{quote}")


def _service(change: Change, text: str) -> yaml.MappingNode:
    """
    The service around the place of a change.
    """
    import yaml  # noqa: PLC0415 - start-up cost

    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise RefusedError("the file is no YAML that can be edited") from error
    line = change.inside.line - 1 if change.inside else -1
    for key, services in _pairs(root):
        if key.value == "services":
            for _, service in _pairs(services):
                if service.start_mark.line - 1 <= line <= _last_line(service):
                    return _mapping(service)
    raise RefusedError("no service of a compose file stands there")


def _mapping(node: yaml.Node) -> yaml.MappingNode:
    import yaml  # noqa: PLC0415 - start-up cost

    if not isinstance(node, yaml.MappingNode):
        raise RefusedError("the service has no keys")
    return node


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    import yaml  # noqa: PLC0415 - start-up cost

    if isinstance(node, yaml.MappingNode):
        yield from node.value


def _last_line(node: yaml.Node) -> int:
    """
    The last line that says something of a node; the end of a block is where the next one begins.
    """
    inner = [one for pair in _pairs(node) for one in pair]
    if not inner and isinstance(node.value, list):
        inner = [one for one in node.value if not isinstance(one, tuple)]
    return max((_last_line(one) for one in inner), default=_line_of(node) - 1)


def _line_of(node: yaml.Node) -> int:
    end = node.end_mark
    return int(end.line if end.column == 0 and end.line > node.start_mark.line else end.line + 1)


def _is_scalar(node: yaml.Node) -> bool:
    return isinstance(node.value, str)


def _is_short(key: yaml.Node, value: yaml.Node) -> bool:
    return _is_scalar(value) and key.start_mark.line == value.end_mark.line
