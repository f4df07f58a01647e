"""
Index advice: plans and a schema in, indexes that are worth having out.
"""

from __future__ import annotations

from advisor.indexes.advise import advise, candidates
from advisor.indexes.model import Advice, Definition, IndexCandidate, Key, Query

__all__ = ["Advice", "Definition", "IndexCandidate", "Key", "Query", "advise", "candidates"]
