"""One right answer to each exercise, in plain loops; up to its docstring each is the stub."""
