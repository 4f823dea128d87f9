"""Learn: the algorithms told step by step, and exercises that mark themselves."""
