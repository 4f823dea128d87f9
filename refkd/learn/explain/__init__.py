"""The algorithms step by step with the numbers of a small example (docs/guides/explain.md)."""
