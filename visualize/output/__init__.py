"""Output of figures: files, animations, tables of numbers."""
