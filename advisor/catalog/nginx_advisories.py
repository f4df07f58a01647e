"""
Supported branches of nginx and its published security advisories, as of 2026-11.

Sources: nginx.org/en/security_advisories.html and nginx.org/en/CHANGES; the range of
CVE-2026-42946 from the record of the CVE programme. An advisory stands here only when the
configuration shows whether what it affects is in use.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from advisor.catalog.nginx import at_least

OLDEST_SUPPORTED = (1, 30)
"""nginx.org mends 1.30 (stable) and 1.31 (mainline)."""
DISTRIBUTED = (
    (1, 18, 0),
    (1, 20, 1),
    (1, 22, 1),
    (1, 24, 0),
    (1, 26, 3),
    (1, 28, 3),
)
"""
What RHEL 9, Debian 11 to 13 and Ubuntu 22.04 to 26.04 ship. Their security updates mend it under
the same version.
"""
SEVERITIES = ("low", "medium", "major")
"""As nginx.org rates them, the least first."""


class Advisory(Struct, frozen=True):
    """
    One advisory.
    """

    name: str
    """Its number without ``CVE-``."""
    severity: str
    first: tuple[int, ...]
    """The first version that is vulnerable."""
    fixed: tuple[tuple[int, ...], ...]
    """The first versions that are not: of the mainline first, then of a stable branch."""

    def affects(self, version: tuple[int, ...]) -> bool | None:
        """
        Whether a version is vulnerable; None when it is too short to say.
        """
        mainline, *stable = self.fixed
        begun = at_least(version, self.first)
        ended = at_least(version, mainline)
        for step in stable:
            if version[:2] == step[:2]:
                ended = at_least(version, step)
        if begun is False or ended is True:
            return False
        return None if begun is None or ended is None else True


ADVISORIES: Mapping[str, tuple[Advisory, ...]] = {
    # By what must be in use; `advisor.facts.nginx.advisories` knows how that shows.
    "HTTP/2": (
        Advisory("2026-123007", "major", (1, 9, 5), ((1, 31, 9), (1, 30, 7))),
        Advisory("2019-9511", "medium", (1, 9, 5), ((1, 17, 3), (1, 16, 1))),
        Advisory("2019-9513", "low", (1, 9, 5), ((1, 17, 3), (1, 16, 1))),
        Advisory("2019-9516", "low", (1, 9, 5), ((1, 17, 3), (1, 16, 1))),
        Advisory("2018-16843", "low", (1, 9, 5), ((1, 15, 6), (1, 14, 1))),
        Advisory("2018-16844", "low", (1, 9, 5), ((1, 15, 6), (1, 14, 1))),
    ),
    "HTTP/3": (
        Advisory("2026-42530", "major", (1, 31, 0), ((1, 31, 2),)),
        Advisory("2024-32760", "medium", (1, 25, 0), ((1, 27, 0), (1, 26, 1))),
        Advisory("2024-31079", "medium", (1, 25, 0), ((1, 27, 0), (1, 26, 1))),
        Advisory("2024-35200", "medium", (1, 25, 0), ((1, 27, 0), (1, 26, 1))),
        Advisory("2024-34161", "medium", (1, 25, 0), ((1, 27, 0), (1, 26, 1))),
        Advisory("2024-24990", "major", (1, 25, 0), ((1, 25, 4),)),
        Advisory("2024-24989", "major", (1, 25, 3), ((1, 25, 4),)),
    ),
    "the mp4 module": (
        Advisory("2024-7347", "low", (1, 5, 13), ((1, 27, 1), (1, 26, 2))),
        Advisory("2022-41741", "medium", (1, 1, 3), ((1, 23, 2), (1, 22, 1))),
        Advisory("2022-41742", "medium", (1, 1, 3), ((1, 23, 2), (1, 22, 1))),
        Advisory("2018-16845", "medium", (1, 1, 3), ((1, 15, 6), (1, 14, 1))),
    ),
    "resolver": (
        Advisory("2021-23017", "medium", (0, 6, 18), ((1, 21, 0), (1, 20, 1))),
        Advisory("2016-0742", "medium", (0, 6, 18), ((1, 9, 10), (1, 8, 1))),
        Advisory("2016-0746", "medium", (0, 6, 18), ((1, 9, 10), (1, 8, 1))),
        Advisory("2016-0747", "medium", (0, 6, 18), ((1, 9, 10), (1, 8, 1))),
    ),
    "client certificates": (
        Advisory("2025-23419", "medium", (1, 11, 4), ((1, 27, 4), (1, 26, 3))),
    ),
    "slice": (Advisory("2026-60005", "medium", (1, 15, 8), ((1, 31, 3), (1, 30, 4))),),
    "ssi": (Advisory("2026-56434", "medium", (0, 8, 11), ((1, 31, 3), (1, 30, 4))),),
    "ignore_invalid_headers off with an HTTP/2 or gRPC backend": (
        Advisory("2026-42055", "medium", (1, 13, 10), ((1, 31, 2), (1, 30, 3))),
    ),
    "charset_map": (Advisory("2026-48142", "low", (0, 3, 50), ((1, 31, 2), (1, 30, 3))),),
    "proxy_set_body with an HTTP/2 backend": (
        Advisory("2026-42926", "medium", (1, 29, 4), ((1, 31, 0), (1, 30, 1))),
    ),
    "scgi_pass or uwsgi_pass": (
        Advisory("2026-42946", "medium", (0, 8, 42), ((1, 31, 0), (1, 30, 1))),
    ),
}
