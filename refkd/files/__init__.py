"""Files: written completely or not at all, read within limits, split as their format defines."""
