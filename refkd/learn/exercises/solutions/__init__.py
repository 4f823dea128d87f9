"""One right answer to each exercise, in plain loops; a stub is its head, less what is derived."""
