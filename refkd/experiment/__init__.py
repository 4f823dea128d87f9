"""Experiments: settings, objectives, training, evaluation, and the folder of a run."""
