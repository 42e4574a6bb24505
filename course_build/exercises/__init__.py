"""The source of an exercise: read, tried with its solution and its mutants, guarded against leaks."""
