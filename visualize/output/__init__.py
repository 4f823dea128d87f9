"""What becomes of figures: files, moving pictures, tables of numbers."""
