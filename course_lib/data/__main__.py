"""`python -m course_lib.data`: fetch MNIST if need be, and say which edition of the book this machine can build."""

from __future__ import annotations

import sys

from course_lib.data import CorruptFileError, DataUnavailable, mnist


def main() -> int:
    """Print the edition and its source; the status is 1 if a file is damaged, and 0 for either edition."""
    try:
        source = mnist.find()
    except DataUnavailable as error:
        print(f"edition: digits-28\nsource: scikit-learn\nMNIST: {error}")
    except CorruptFileError as error:
        print(f"edition: none\n{error}", file=sys.stderr)
        return 1
    else:
        print(f"edition: mnist\nsource: {source.where} ({source.raw})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
