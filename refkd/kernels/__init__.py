"""The algorithms: explicit compiled loops over plain arrays; they never validate or raise."""
