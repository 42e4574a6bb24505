"""The two ways in which data can fail: absent, or damaged."""

from __future__ import annotations


class DataUnavailable(RuntimeError):
    """No source could give the data; a fallback may stand in for them.

    Attributes
    ----------
    reason : str
        Why, in a phrase without paths or addresses, fit for a published page.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or message


class CorruptData(RuntimeError):
    """A file is there and is not what it must be.

    Deliberately no `DataUnavailable`: a fallback that hid a damaged file would leave its owner ignorant of it.
    """
