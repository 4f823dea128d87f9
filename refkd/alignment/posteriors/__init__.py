"""Posteriors of any toolkit: read, checked, compared under each model's own clock."""
