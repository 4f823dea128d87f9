"""Learn: the algorithms step by step, and exercises that mark themselves."""
