"""From speech to features and labels: synthetic speech, corpora on disk, log-mel, batches."""
