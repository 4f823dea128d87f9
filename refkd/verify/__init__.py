"""Hold somebody's implementation against the reference and name its bug (docs/guides/verify.md)."""
