"""Test any implementation against the reference and name its bug (docs/guides/verify.md)."""
