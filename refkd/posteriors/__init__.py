"""Posteriors that others have computed: read them, say what is odd about them, make them alike."""
