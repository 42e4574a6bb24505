"""What the performance table in README.md is made with: `make bench`, or `python -m benchmarks`."""
