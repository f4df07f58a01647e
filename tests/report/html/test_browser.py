"""
The page in a real browser: it works, asks for nothing, and lets nothing in.
"""

from __future__ import annotations

from collections import Counter

import pytest

from advisor.examine import examine
from advisor.model import Given
from advisor.report import RenderOptions
from advisor.report.plan import render_plans
from tests.support.browsers import DEPLOYS, PHONE, Open, deploy, resize, shown, until
from tests.support.reports import EMPTY, HOSTILE, RICH

pytestmark = pytest.mark.oracle

STAYS = "window.setTimeout = () => 0"
"""What a button says after a copy stays, however slow the machine is."""


class TestFilters:
    def test_severity(self, visit: Open) -> None:
        page = visit(RICH).page
        assert len(shown(page)) == len(RICH.findings)

        page.get_by_role("checkbox", name="low").uncheck()
        page.get_by_role("checkbox", name="info").uncheck()
        page.get_by_role("checkbox", name="medium").uncheck()

        assert shown(page) == ["STK001"]
        assert page.locator("[data-found]").inner_text() == "1 of 6 findings"

    def test_layer(self, visit: Open) -> None:
        page = visit(RICH).page
        page.get_by_role("combobox", name="Layer").select_option("nginx")

        assert shown(page) == ["NGX303"]

    def test_file(self, visit: Open) -> None:
        page = visit(RICH).page
        page.get_by_role("combobox", name="File").select_option(label="gunicorn.conf.py (3)")

        assert shown(page) == ["STK001", "STK020", "GUN003"]

    def test_words_have_to_be_there_all(self, visit: Open) -> None:
        page = visit(RICH).page
        page.get_by_role("searchbox", name="Words").fill("  OUTLIVE connections ")
        assert shown(page) == ["STK020"]

        page.get_by_role("searchbox", name="Words").fill("outlive nothing-like-it")
        assert shown(page) == []
        assert page.locator("[data-found]").inner_text() == "0 of 6 findings"

    def test_all_of_them_together_and_none(self, visit: Open) -> None:
        page = visit(RICH).page
        page.get_by_role("combobox", name="File").select_option(label="gunicorn.conf.py (3)")
        page.get_by_role("combobox", name="Layer").select_option("across layers")
        page.get_by_role("checkbox", name="high").uncheck()
        assert shown(page) == ["STK020"]

        page.get_by_role("button", name="Show all").click()
        until(page, lambda: len(shown(page)) == len(RICH.findings))
        assert page.locator("[data-found]").inner_text() == "6 findings"

    def test_each_deployment_has_its_own(self, visit: Open) -> None:
        page = visit(RICH, RICH).page
        page.get_by_role("checkbox", name="high").nth(0).uncheck()

        assert Counter(shown(page))["STK001"] == 1

    def test_a_link_shows_the_finding_that_it_leads_to(self, visit: Open) -> None:
        page = visit(RICH).page
        page.get_by_role("checkbox", name="high").uncheck()
        assert "STK001" not in shown(page)

        page.locator(".steps a").first.click()

        until(page, lambda: "STK001" in shown(page))

    def test_names_of_files_that_are_markup_are_values_as_well(self, visit: Open) -> None:
        page = visit(HOSTILE, RICH).page
        for deployment in page.locator("form[data-filter]").all():
            field = deployment.get_by_role("combobox", name="File")
            for option in field.locator("option").all():
                field.select_option(option.get_attribute("value"))
                assert shown(page)


class TestCopying:
    def test_it_copies_the_change(self, visit: Open) -> None:
        page = visit(RICH).page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.evaluate(STAYS)
        page.get_by_role("button", name="Copy the change for STK001: gunicorn.conf.py").click()
        button = page.get_by_role("button", name="Copied the change for STK001")
        button.wait_for()

        assert page.evaluate("navigator.clipboard.readText()") == "workers = 4"
        assert page.locator("#said").inner_text() == "Copied"

    def test_it_copies_a_snippet_with_its_tabs(self, visit: Open) -> None:
        page = visit(RICH).page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy the change for EXP007").click()

        (index,) = [one for one in RICH.findings if one.code == "EXP007"]
        assert index.fix
        assert page.evaluate("navigator.clipboard.readText()") == index.fix.snippet

    def test_it_works_where_the_clipboard_is_not_offered(self, visit: Open) -> None:
        without = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
        page = visit(RICH, before=without).page
        page.evaluate(STAYS)
        page.get_by_role("button", name="Copy the change for STK001: gunicorn.conf.py").click()
        button = page.get_by_role("button", name="Copied the change for STK001")
        button.wait_for()

        assert page.evaluate("document.activeElement.dataset.copy") == "workers = 4"
        page.get_by_role("searchbox", name="Words").focus()
        page.keyboard.press("Control+V")
        assert page.get_by_role("searchbox", name="Words").input_value() == "workers = 4"


class TestWithoutScript:
    def test_everything_is_there_and_no_dead_control(self, visit: Open) -> None:
        page = visit(RICH, script=False).page

        assert len(shown(page)) == len(RICH.findings)
        assert page.locator("form, button").locator("visible=true").count() == 0
        page.get_by_text("Facts, exceptions and references").first.click()
        assert page.get_by_text("engine.pool_size").first.is_visible()

    @pytest.mark.parametrize("script", [True, False])
    def test_paper_shows_all_that_is_folded(self, visit: Open, *, script: bool) -> None:
        page = visit(RICH, script=script).page
        if script:
            page.get_by_role("checkbox", name="high").uncheck()
        page.emulate_media(media="print")
        if script:
            page.evaluate("dispatchEvent(new Event('beforeprint'))")

        assert page.get_by_text("engine.pool_size").first.is_visible()
        assert len(shown(page)) == len(RICH.findings)
        assert page.locator("form, button, nav").locator("visible=true").count() == 0
        assert page.pdf()


class TestHostileText:
    def test_nothing_of_it_runs(self, visit: Open) -> None:
        page = visit(HOSTILE, RICH).page
        handlers = "[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames())"

        assert not [one for one in page.evaluate(handlers) if one.startswith("on")]
        assert page.locator("script").count() == 1
        assert page.locator("img, iframe, object, embed, base").count() == 0

    def test_even_smuggled_markup_could_not(self, visit: Open) -> None:
        """
        The policy holds for what is in the page: were a script let in, the browser would refuse it.
        """
        smuggled = (
            "<script>window.ran = 1</script><style>body { display: none }</style>"
            "<img src='https://example.invalid/x' onerror='window.ran = 2'>"
        )
        one = visit(EMPTY, before="window.ran = 0")
        text = one.page.content().replace("<main", f"{smuggled}<main")
        other = visit(text=text, before="window.ran = 0")
        refused, other.faults[:] = list(other.faults), []

        assert other.page.evaluate("window.ran") == 0
        assert other.page.locator("main").is_visible()
        assert len([one for one in refused if "Content Security Policy" in one]) >= 3


@pytest.mark.parametrize("name", ["guide", "healthy", "broken", "kubernetes", "redis-cache"])
def test_real_deployments_are_quiet_and_fit(visit: Open, name: str) -> None:
    report = deploy(name)
    page = visit(report).page
    assert len(shown(page)) == len(report.findings)

    resize(page, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE


def test_plans_are_trees_with_links_to_their_findings(visit: Open) -> None:
    report = examine(DEPLOYS / "guide" / "plans" / "templates-by-category.txt", Given())
    page = visit(text=render_plans("html", [report], RenderOptions())).page
    nodes = page.locator("ol.nodes > li")
    branches = page.locator(".branch").all_text_contents()

    assert nodes.count() == 4
    assert branches == ["└─ ", "   └─ ", "      └─ "]
    page.locator("ol.nodes a.code").click()
    assert page.locator("article.finding:target .code").inner_text() == "EXP007"
