"""
The page as a text: well formed, self-contained, and of one shape whatever the files hold.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from advisor.model import (
    Budget,
    BudgetKind,
    BudgetTerm,
    Change,
    Evidence,
    FactRow,
    GuideRow,
    Location,
    Mark,
    NotEvaluated,
    Order,
    Origin,
    PlanRow,
    PlanTree,
    Reference,
    Report,
    Severity,
    TargetRow,
    TimeoutChain,
    TimeoutStep,
    Wait,
)
from advisor.report import RenderOptions, render
from advisor.report.html import document
from tests.support.html_pages import Page, read_page
from tests.support.report_builders import finding, fix, report
from tests.support.report_strategies import OPTIONS, REPORTS
from tests.support.reports import EMPTY, HOSTILE, RICH

ALL = [(), (EMPTY,), (RICH,), (HOSTILE,), (EMPTY, RICH, HOSTILE, RICH)]
ELEMENTS = set(
    re.findall(
        r"[\w-]+",
        "html head meta title link style body a header p h1 h2 h3 h4 div nav ul li span main "
        "section strong code ol figure svg g path text rect line details summary table caption "
        "thead tr th tbody td form fieldset legend label input select option button article "
        "figcaption mark pre del ins em footer script",
    )
)
ATTRIBUTES = set(
    re.findall(
        r"[\w-]+",
        "lang charset http-equiv content name rel href class id tabindex aria-label aria-hidden "
        "aria-labelledby role viewbox width height d x y rx x1 x2 y1 y2 open scope type "
        "value checked autocomplete spellcheck hidden data-findings data-filter data-found "
        "data-label data-copy data-severity data-layer data-files",
    )
)


def page(*reports: Report, level: Severity = Severity.INFO) -> Page:
    """
    The page of some reports, read again.
    """
    return read_page(render("html", reports, RenderOptions(min_severity=level)))


@pytest.mark.parametrize("reports", ALL)
def test_tags_match_and_ids_are_unique(reports: tuple[Report, ...]) -> None:
    found = page(*reports)
    ids = [one.attributes["id"] for one in found.elements if "id" in one.attributes]

    assert found.faults == []
    assert len(ids) == len(set(ids))
    assert not [one for one in ids if re.search(r"\s", one)]


@pytest.mark.parametrize("reports", ALL)
def test_links_inside_the_page_and_names_of_parts_lead_somewhere(
    reports: tuple[Report, ...],
) -> None:
    found = page(*reports)
    ids = {one.attributes["id"] for one in found.elements if "id" in one.attributes}

    for one in found.all("a"):
        assert one.attributes["href"].startswith(("#", "https://", "http://"))
        if one.attributes["href"].startswith("#"):
            assert one.attributes["href"][1:] in ids
    for one in found.elements:
        assert set(one.attributes.get("aria-labelledby", "").split()) <= ids


@pytest.mark.parametrize("reports", ALL)
def test_headings_go_down_one_level_at_a_time(reports: tuple[Report, ...]) -> None:
    found = page(*reports)
    levels = [int(one.tag[1]) for one in found.elements if re.fullmatch(r"h\d", one.tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_policy_names_the_style_and_the_script_and_nothing_else() -> None:
    text = render("html", [RICH], RenderOptions())
    found = read_page(text)
    (meta,) = found.all("meta", **{"http-equiv": "Content-Security-Policy"})
    policy = dict(part.split(" ", 1) for part in meta.attributes["content"].split("; "))

    assert policy["default-src"] == "'none'"
    for directive, tag in (("style-src", "style"), ("script-src", "script")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = b64encode(sha256(inside.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert "unsafe" not in meta.attributes["content"]
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_the_style_and_the_script_ask_for_nothing() -> None:
    found = page(RICH)
    (style,), (script,) = found.all("style"), found.all("script")

    assert "url(" not in style.text
    assert "@import" not in style.text
    for word in ("innerHTML", "insertAdjacent", "document.write", "eval(", "fetch(", "import("):
        assert word not in script.text
    assert not [one for one in found.elements if {"src", "srcset", "style"} & set(one.attributes)]


@settings(max_examples=150, deadline=None)
@given(report=REPORTS, options=OPTIONS)
def test_no_text_becomes_markup(report: Report, options: RenderOptions) -> None:
    """
    Whatever the files hold, there is no element or attribute that the templates do not write.
    """
    found = read_page(render("html", [report], options))

    assert found.faults == []
    assert {one.tag for one in found.elements} <= ELEMENTS
    assert {name for one in found.elements for name in one.attributes} <= ATTRIBUTES
    for one in found.all("a"):
        assert re.match(r"#|https?://", one.attributes["href"])
    assert len(found.all("script")) == len(found.all("style")) == 1


def everywhere(text: str) -> Report:
    """
    A report that holds a text wherever a file, its name or a plan could put it.
    """
    place = Location(f"{text}.conf", 1, 1, 1, 5)
    item = finding(
        f"PG1{text}",
        name=text,
        message=text,
        recommendation=f"{text}\nor {text}",
        why=text,
        subject=text,
        mark=Mark(place, text),
        related=(Mark(Location("elsewhere.conf", 3), text),),
        evidence=(Evidence(text, text, Origin.GIVEN, place, text),),
        fix=fix(
            text, changes=(Change(text, text, text, place, f"{text}.conf"),), snippet=f"{text}\nx"
        ),
        references=(Reference(text, f"https://example.org/{text}"), Reference(text, text)),
        guide=(text,),
        not_when=(text,),
        also=(text,),
    )
    term = BudgetTerm(text, 1, 2, text, place)
    node = PlanRow(0, text, text, 0.5, 1.0, 1.0, 1.0, 1.0, place, (f"PG1{text}", text))
    return report(
        item,
        name=text,
        root=text,
        stack=text,
        base=text,
        not_evaluated=(NotEvaluated("PG1", text, (text,), (text,)),),
        facts=(
            FactRow(text, text, Origin.LITERAL, place, text, text),
            FactRow("host.cpus", text, Origin.LITERAL, place, text, text),
        ),
        guide=(GuideRow(text, text, text, (text,)), GuideRow("s", text, text, (), text)),
        notes=(text,),
        diagram=((f"{text}1", text, f"{text}2"), (f"{text}2", text, f"{text}3")),
        sources={place.path: (f"{text} = {text}",)},
        budgets=(Budget(BudgetKind.CONNECTIONS, text, (term,), 1, 2, 3, text),),
        timeouts=(
            TimeoutChain(text, (TimeoutStep(Wait.POOL, text, 3.0, Order.LATE, text, place),)),
        ),
        targets=(TargetRow(text, text, text, text, text),),
        plans=(PlanTree(place, text, "text", 1.0, 2.0, estimated=False, rows=(node,)),),
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "</style><style>*{display:none}",
        "</title><img src=x onerror=alert(1)>",
        '" onmouseover="alert(1)" x="',
        "' onfocus='alert(1)' autofocus='",
        "<!-- <![CDATA[ ]]> -->",
        "</svg><svg onload=alert(1)>",
        "</pre></code></textarea></select>",
        "javascript:alert(1)",
        "&lt;script&gt;&#60;b&#62;",
        "{{ 7 * 7 }}{% include 'x' %}",
        "`</code><b>`",
    ],
)
def test_hostile_text_leaves_the_page_as_a_harmless_one_does(text: str) -> None:
    """
    The same elements with the same attributes, in the same numbers: the text is text everywhere.
    """
    harmless = "`words`" if "`" in text else "words"
    hostile, plain = page(everywhere(text)), page(everywhere(harmless))
    drawn = {"text"}
    differing = hostile.shape()
    differing.subtract(plain.shape())
    # An address that holds it is no address; how many lines a text takes, and how broad a drawing
    # gets, depends on the text.
    left = {key: number for key, number in differing.items() if number and key[0] not in drawn}

    assert hostile.faults == []
    assert set(left) <= {
        ("a", ("href", "rel")),
        ("div", ("class",)),
        ("div", ("aria-label", "class", "role", "tabindex")),
        ("span", ("class",)),
        ("span", ("aria-hidden", "class")),
    }
    assert [one.text for one in hostile.all("h1")] == [text]


def test_only_pages_of_the_web_are_links() -> None:
    pages = ("https://example.org/a?b=c#d", "javascript:alert(1)", "data:text/html,x", "//x.org")
    item = finding(references=tuple(Reference(url, url) for url in pages))
    outward = [one for one in page(report(item)).all("a") if "rel" in one.attributes]

    assert [one.attributes["href"] for one in outward] == ["https://example.org/a?b=c#d"]
    assert {one.attributes["rel"] for one in outward} == {"noreferrer noopener"}


def test_no_secret_is_shown_or_copied() -> None:
    change = Change("dsn", "password=old7", "password=new7", None, "a.conf")
    item = finding(fix=fix("", changes=(change,), snippet="x\npassword=snippet7"))
    tree = PlanTree(Location("x", 1), "SET password='query7'", "text", None, None, False, ())
    text = render("html", [report(item, plans=(tree,))], RenderOptions())

    assert "***" in text
    for secret in ("old7", "new7", "snippet7", "query7"):
        assert secret not in text
    assert not read_page(text).all("button", class_="copy")


def test_links_to_findings_hold_the_fingerprint() -> None:
    twice = page(RICH, replace(RICH, name="other"))
    ids = [one.attributes["id"] for one in twice.all("article", class_="finding")]

    assert len(ids) == len(set(ids)) == 2 * len(RICH.findings)
    assert all(re.fullmatch(r"f-[0-9a-f]{16}", one) for one in ids)
    assert ids[: len(RICH.findings)] == [
        one.attributes["id"] for one in page(RICH).all("article", class_="finding")
    ]


def test_plans_come_first_when_they_are_the_subject() -> None:
    audit = render("html", [RICH], RenderOptions())
    plans = document([RICH], RenderOptions(), plans_first=True)

    assert audit.index('id="d1-findings"') < audit.index('id="d1-plans"')
    assert plans.index('id="d1-plans"') < plans.index('id="d1-findings"')


def test_a_node_leads_to_the_finding_about_it() -> None:
    found = page(RICH)
    (index,) = [
        one.attributes["id"]
        for one in found.all("article", class_="finding")
        if "EXP007" in one.text
    ]
    marked = [one for one in found.all("li", class_="marked") if "Seq Scan" in one.text]

    assert len(marked) == 1
    assert f"#{index}" in {one.attributes["href"] for one in found.all("a") if one.text == "EXP007"}
