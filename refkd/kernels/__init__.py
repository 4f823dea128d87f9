"""The algorithms: explicit compiled loops over plain arrays. They never validate and never raise."""
