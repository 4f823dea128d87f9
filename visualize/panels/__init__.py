"""Panels that several figures share: speech, posteriors, spikes and their links, selections."""
