"""
Dockerfiles: what the final image runs, in which folder and with which environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.parsers.dockerfile_build import Building
from advisor.parsers.dockerfile_lines import read_lines
from advisor.parsers.dockerfile_model import Copy, DockerfileDocument, ImageCommand, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Copy", "DockerfileDocument", "ImageCommand", "Stage", "parse_dockerfile"]


def parse_dockerfile(
    path: str, text: str, *, args: Mapping[str, str] | None = None, target: str = ""
) -> DockerfileDocument:
    """
    Read a Dockerfile up to its last stage, or to the one called `target`.

    `args` are build arguments; where one is missing, the default of ``ARG`` is *assumed*.
    Source: Dockerfile reference.
    """
    listing = read_lines(path, text)
    building = Building(path, escape=listing.escape, args=args or {})
    for instruction in listing.instructions():
        if not building.take(instruction):
            break
    return DockerfileDocument(path, building.stage(target), tuple(building.problems))
