"""Exercises that mark themselves: `refkd exercise` (docs/guides/exercises.md)."""
