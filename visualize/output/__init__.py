"""What becomes of figures: files, animations, tables of numbers."""
