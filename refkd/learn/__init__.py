"""Learn: the algorithms step by step, and exercises that are marked automatically."""
