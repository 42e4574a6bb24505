"""The one way in which data can fail that something else may stand in for; a damaged file is a `CorruptFileError`."""

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
