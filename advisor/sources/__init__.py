"""
Which files a deployment has, and what kind each of them is.
"""

from advisor.sources.kinds import Kind, kind_of
from advisor.sources.tree import DirectoryTree, MemoryTree
from advisor.sources.walk import Discovery, Skipped, Source, discover, nothing_found

__all__ = [
    "DirectoryTree",
    "Discovery",
    "Kind",
    "MemoryTree",
    "Skipped",
    "Source",
    "discover",
    "kind_of",
    "nothing_found",
]
