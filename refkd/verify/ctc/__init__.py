"""The kit for CTC losses."""
