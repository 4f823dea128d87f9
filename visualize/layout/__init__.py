"""Where things stand on a figure: text, axes, colours, legends."""
