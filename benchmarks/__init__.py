"""What the tables in benchmarks/README.md are made with: `make bench`, or `python -m benchmarks`."""
