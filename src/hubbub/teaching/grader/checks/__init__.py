"""The checks, a file for each group, imported in the order in which they are run."""

from . import start, lines, text, talk, names, leave, slow, crowd, abuse  # noqa: I001

__all__ = ["abuse", "crowd", "leave", "lines", "names", "slow", "start", "talk", "text"]
