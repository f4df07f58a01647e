"""
What a Dockerfile says of its image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from advisor.model import Location, Problem, Secret, Unknown, Value
from advisor.parsers.images import ImageName, parse_image

if TYPE_CHECKING:
    from collections.abc import Mapping


class ImageCommand(Struct, frozen=True):
    """
    What ``CMD`` or ``ENTRYPOINT`` says. Passwords are replaced by ``***``.
    """

    words: tuple[Value[str], ...]
    """In shell form: split, with the shell's variables and operators as they are written."""
    shell: bool
    """Whether ``/bin/sh -c`` runs it, which then is process 1 unless it says ``exec``."""
    location: Location


class Copy(Struct, frozen=True):
    """
    Files that ``COPY`` or ``ADD`` brings into the image.
    """

    sources: tuple[str, ...]
    """Relative to the build context, or to the root of `stage`; empty for a heredoc."""
    target: str
    """Absolute where the working directory is known. A slash at the end means a folder."""
    location: Location
    stage: str = ""
    """Stage or image they come from; empty: the build context."""


class Stage(Struct, frozen=True):
    """
    One stage, together with what it takes over from an earlier one.
    """

    image: Value[str] | Unknown
    """The image that it finally builds on; never the name of another stage."""
    location: Location
    """Its ``FROM``."""
    name: str = ""
    env: Mapping[str, Value[str | Secret] | Unknown] = field(default_factory=dict)
    working_dir: Value[str] | Unknown | None = None
    """None when only the base image decides."""
    user: Value[str] | Unknown | None = None
    command: ImageCommand | None = None
    entrypoint: ImageCommand | None = None
    copies: tuple[Copy, ...] = ()
    expose: tuple[Value[range], ...] = ()
    stop_signal: Value[str] | Unknown | None = None
    has_healthcheck: bool = False

    @property
    def image_name(self) -> ImageName | None:
        """
        The base image taken apart, None when it is not known.
        """
        return parse_image(self.image.value) if isinstance(self.image, Value) else None


class DockerfileDocument(Struct, frozen=True):
    """
    One Dockerfile.
    """

    path: str
    stage: Stage | None
    """The last stage, or the one that was asked for; None when there is none."""
    problems: tuple[Problem, ...] = ()
