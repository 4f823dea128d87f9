"""The kit for forced alignment."""
