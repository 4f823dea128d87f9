"""Ready adapters to copy: each is one function, and imports its framework itself."""
