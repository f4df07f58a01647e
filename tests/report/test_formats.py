from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from advisor.errors import UsageError
from advisor.report import FORMATS, RenderOptions, render
from tests.support.report_strategies import OPTIONS, REPORTS
from tests.support.reports import EMPTY, HOSTILE, RICH

if TYPE_CHECKING:
    from advisor.model import Report

STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no report format 'yaml' \(choose one of text, "):
        render("yaml", [RICH], RenderOptions())


def test_a_format_is_imported_only_when_it_is_asked_for() -> None:
    """
    Jinja2 costs more than the rest of a small audit; only Markdown needs it.
    """
    script = (
        "import sys\n"
        "from advisor.report import RenderOptions, render\n"
        "render('text', [], RenderOptions()); render('json', [], RenderOptions())\n"
        "print(sorted({'jinja2', 'advisor.report.markdown'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("reports", [[], [EMPTY], [RICH, EMPTY], [HOSTILE]])
def test_every_format_ends_with_one_line_break(name: str, reports: list[Report]) -> None:
    printed = render(name, reports, RenderOptions())

    assert printed.endswith("\n") or not (reports and printed)
    assert not printed.endswith("\n\n")


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_report_prints_the_same_text(name: str) -> None:
    assert render(name, [RICH], RenderOptions()) == render(name, [RICH], RenderOptions())


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from([name for name in FORMATS if name not in {"sql", "conf"}]),
    reports=st.lists(REPORTS, max_size=2),
    options=OPTIONS,
)
def test_no_text_breaks_a_report(name: str, reports: list[Report], options: RenderOptions) -> None:
    """
    Whatever the files hold, a report can be written as UTF-8 and steers no terminal.
    """
    printed = render(name, reports, options)

    printed.encode()
    assert not {char for char in printed if category(char) in STEERING} - {"\n", "\t"}


@settings(max_examples=100, deadline=None)
@given(report=REPORTS, options=OPTIONS)
def test_colours_add_escapes_and_nothing_else(report: Report, options: RenderOptions) -> None:
    plain = render("text", [report], options)
    colourful = render("text", [report], replace(options, color=True))

    assert re.sub(r"\x1b\[[0-9;]*m", "", colourful) == plain
    assert "\x1b" in colourful


def test_a_secret_in_a_source_line_is_not_shown() -> None:
    """
    Lines reach a report as they stand in the file, and a password may stand in the one shown.
    """
    lines = ("",) * 7 + (RICH.sources["app/db.py"][6],)
    nearer = replace(RICH, sources={"app/db.py": lines})

    printed = render("text", [nearer], RenderOptions())

    assert '"postgresql+psycopg://shop:***@db/shop",' in printed
    assert "hunter2" not in printed
