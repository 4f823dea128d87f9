"""The kit for distillation losses."""
