"""Figures: one of them a file."""
