"""
XML plans: names that elements spell differently, documents that are broken, and hostile ones.
"""

from __future__ import annotations

import time

import pytest

from advisor.plans import xml
from advisor.plans.model import Plan

HEAD = '<explain xmlns="http://www.postgresql.org/2009/explain">'
SOURCE = f"""select 1;
 {HEAD}
   <Query>
     <Plan>
       <Node-Type>Sort</Node-Type>
       <Sort-Key>
         <Item>a &lt; b</Item>
         <Item>c</Item>
       </Sort-Key>
       <One-Time-Filter>(x = 'first
   second')</One-Time-Filter>
       <Rows-Removed-by-Filter>3</Rows-Removed-by-Filter>
       <Shared-I-O-Read-Time>0.250</Shared-I-O-Read-Time>
       <Full-sort-Groups>
         <Group-Count>2</Group-Count>
         <Sort-Methods-Used>
           <Item>quicksort</Item>
         </Sort-Methods-Used>
       </Full-sort-Groups>
       <Workers>
         <Worker>
           <Worker-Number>1</Worker-Number>
           <Actual-Loops>1</Actual-Loops>
         </Worker>
       </Workers>
       <Plans>
         <Plan>
           <Node-Type>Result</Node-Type>
           <Parallel-Aware>true</Parallel-Aware>
         </Plan>
       </Plans>
     </Plan>
     <Settings>
       <work_mem>64kB</work_mem>
     </Settings>
     <Triggers>
       <Trigger>
         <Trigger-Name>audit</Trigger-Name>
         <Calls>2</Calls>
       </Trigger>
     </Triggers>
     <Execution-Time>1.5</Execution-Time>
   </Query>
 </explain>
(40 rows)
"""


def plan(source: str) -> Plan:
    """
    The one plan of a text, read without a problem.
    """
    document = xml.read("x.xml", source)
    assert document.problems == ()
    (found,) = document.plans
    return found


def test_everything_the_server_prints_is_read() -> None:
    found = plan(SOURCE)
    sort, result = found.walk()
    assert (found.form, found.query, found.execution_ms) == ("xml", "select 1", 1.5)
    assert (found.location.line, found.location.end_line) == (5, 44)
    assert (found.settings, found.triggers[0].name) == ({"work_mem": "64kB"}, "audit")
    assert sort.sort_key == ("a < b", "c")
    assert sort.one_time_filter == "(x = 'first\n  second')"
    assert sort.rows_removed_by_filter == 3
    assert sort.details == {
        "Shared I/O Read Time": "0.250",
        "Full-sort Groups.Group Count": "2",
        "Full-sort Groups.Sort Methods Used": "quicksort",
    }
    assert [(worker.number, worker.loops) for worker in sort.workers] == [(1, 1.0)]
    assert (result.parallel_aware, result.line) == (True, 28)


def test_a_statement_of_auto_explain_has_no_element_of_its_own() -> None:
    source = (
        f"{HEAD}<Query-Text>select &apos;a&apos;;</Query-Text>"
        "<Plan><Node-Type>Result</Node-Type></Plan></explain>"
    )
    assert plan(source).query == "select 'a'"


def test_a_cell_of_csv_is_opened() -> None:
    assert plan('"' + SOURCE[11:-11].strip().replace('"', '""') + '"\n').root.node_type == "Sort"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        (SOURCE[:400], 14, "no element found"),
        (SOURCE.replace("</Sort-Key>", ""), 32, "mismatched tag"),
        (f"{HEAD}\n" + "<Plan>" * 2_000, 2, "nested too deeply"),
    ],
)
def test_broken_documents_are_problems_with_the_line(source: str, line: int, message: str) -> None:
    document = xml.read("x", source)
    (problem,) = document.problems
    assert document.plans == ()
    assert message in problem.message
    assert problem.location.line == line
    assert problem.hint == "Paste the whole output of EXPLAIN (FORMAT XML)."


def test_a_document_that_breaks_off_does_not_hide_the_next() -> None:
    document = xml.read("x", SOURCE[:200] + "\n\n" + SOURCE)
    assert [one.root.node_type for one in document.plans] == ["Sort"]
    assert len(document.problems) == 1


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        "&bomb;",
    ],
)
def test_entities_are_refused(body: str) -> None:
    """Before the document they are no part of it, inside of it they break it."""
    inner = f"{HEAD}{body}<Query><Plan><Node-Type>Result</Node-Type></Plan></Query></explain>"
    assert xml.read("x", inner).plans == ()
    before = f"{body}\n{HEAD}<Query><Plan><Node-Type>&a;</Node-Type></Plan></Query></explain>"
    assert xml.read("x", before).plans == ()


@pytest.mark.parametrize(
    "source",
    [
        "<explain>\n" * 20_000,
        f"{HEAD}<Plan>" + "<a>x</a>" * 100_000,
        f"{HEAD}" + "<" * 200_000,
        f"{HEAD}<Plan>" + "&amp;" * 100_000 + "</explain>",
    ],
    ids=lambda source: source[-20:],
)
def test_hostile_text_takes_linear_time(source: str) -> None:
    start = time.perf_counter()
    xml.read("x", source)
    assert time.perf_counter() - start < 5
