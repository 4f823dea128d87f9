"""What goes in and comes out: frozen dataclasses without algorithms."""
