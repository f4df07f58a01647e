"""
What a page of HTML consists of, read as strictly as the page is written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br"}
DRAWN = {"path", "rect", "line"}
"""Elements of SVG that the page closes at once."""


@dataclass(slots=True)
class Element:
    """
    One start tag.
    """

    tag: str
    attributes: dict[str, str]
    text: str = ""
    """All text inside of it, that of its children included."""


@dataclass(slots=True)
class Page:
    """
    The elements of a page in their order, and what is wrong with how they are nested.
    """

    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """
        The elements of a kind that have these attributes; ``class_`` stands for one of the classes.
        """
        wanted = attributes.pop("class_", None)
        return [
            one
            for one in self.elements
            if one.tag == tag
            and all(one.attributes.get(name) == value for name, value in attributes.items())
            and (wanted is None or wanted in one.attributes.get("class", "").split())
        ]

    def shape(self) -> Counter[tuple[str, tuple[str, ...]]]:
        """
        Kinds of elements with the names of their attributes: nothing that a text should decide.
        """
        return Counter((one.tag, tuple(sorted(one.attributes))) for one in self.elements)


def read_page(text: str) -> Page:
    """
    Read a page. Faults: tags that do not match, attributes that come twice, comments.
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.page.faults += [f"<{one.tag}> is never closed" for one in reader.open]
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        if len(element.attributes) != len(attrs):
            self.page.faults.append(f"<{tag}> has an attribute twice")
        self.page.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in DRAWN:
            self.open.pop()
        elif tag not in VOID:
            self.page.faults.append(f"<{tag}/> is not closed in HTML")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop().tag != tag:
            self.page.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def handle_comment(self, data: str) -> None:
        self.page.faults.append(f"a comment: {data}")
