"""Figures of refkd's records. Every function draws on the axes it is given."""
