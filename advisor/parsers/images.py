"""
Names of container images.
"""

from __future__ import annotations

from msgspec import Struct

from advisor import regex

_VERSION = regex.lazy(r"v?(\d{1,9}(?:\.\d{1,9}){0,3})(?![\w.])")


class ImageName(Struct, frozen=True):
    """
    ``[registry/]repository[:tag][@digest]`` taken apart.
    """

    repository: str
    """With registry and organisation: ``ghcr.io/acme/web``."""
    tag: str = ""
    """Empty when none is written; the registry then serves ``latest``."""
    digest: str = ""

    @property
    def name(self) -> str:
        """
        Last component of the repository, in lower case: ``postgres``, ``pgbouncer``.
        """
        return self.repository.rpartition("/")[2].lower()

    @property
    def version(self) -> tuple[int, ...] | None:
        """
        The number that the tag starts with: ``(16, 3)`` of ``16.3-alpine``, None of ``latest``.
        """
        match = _VERSION.match(self.tag)
        return tuple(int(part) for part in match[1].split(".")) if match else None


def parse_image(text: str) -> ImageName:
    """
    Take the name of an image apart. A colon before the last slash belongs to the registry's port.
    """
    rest, _, digest = text.strip().partition("@")
    head, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    return ImageName(repository=head + slash + name, tag=tag, digest=digest)
