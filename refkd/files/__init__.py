"""Files: complete or not there, read within bounds, text split only where its format says."""
