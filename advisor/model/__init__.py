"""
The words all rooms share: frozen values without behaviour of their own.
"""

from advisor.model.finding import (
    Apply,
    By,
    Change,
    Confidence,
    Evidence,
    FactRow,
    Finding,
    Fix,
    GuideRow,
    Mark,
    NotEvaluated,
    Outcome,
    Passed,
    Problem,
    Reference,
    Report,
    Safety,
    Severity,
    Suppressed,
)
from advisor.model.given import Given
from advisor.model.location import Location
from advisor.model.picture import (
    Budget,
    BudgetKind,
    BudgetTerm,
    Order,
    TargetRow,
    TimeoutChain,
    TimeoutStep,
    Wait,
)
from advisor.model.plan_tree import PlanRow, PlanTree
from advisor.model.tree import Tree
from advisor.model.value import DIFFERS, Origin, Secret, Unknown, Value

__all__ = [
    "DIFFERS",
    "Apply",
    "Budget",
    "BudgetKind",
    "BudgetTerm",
    "By",
    "Change",
    "Confidence",
    "Evidence",
    "FactRow",
    "Finding",
    "Fix",
    "Given",
    "GuideRow",
    "Location",
    "Mark",
    "NotEvaluated",
    "Order",
    "Origin",
    "Outcome",
    "Passed",
    "PlanRow",
    "PlanTree",
    "Problem",
    "Reference",
    "Report",
    "Safety",
    "Secret",
    "Severity",
    "Suppressed",
    "TargetRow",
    "TimeoutChain",
    "TimeoutStep",
    "Tree",
    "Unknown",
    "Value",
    "Wait",
]
