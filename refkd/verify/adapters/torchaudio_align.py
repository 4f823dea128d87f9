"""torchaudio's forced_align as an adapter: copy it, change the line that aligns.

torchaudio aligns one utterance at a time, takes float32 or float64 log-probabilities, and has
neither empty targets nor padding.
"""

import numpy as np


def align(logits, labels, input_lengths, label_lengths, blank):
    """`torchaudio.functional.forced_align` behind a log_softmax: class and score of each frame."""
    import torch
    from torchaudio.functional import forced_align

    frames, utterances, _ = logits.shape
    path, scores = np.zeros((frames, utterances), dtype=int), np.zeros((frames, utterances))
    for n, (T, L) in enumerate(zip(input_lengths, label_lengths, strict=True)):
        log_probs = torch.tensor(logits[:T, n]).log_softmax(dim=1)[None]
        target = torch.tensor(labels[n, :L])[None]
        best, score = forced_align(log_probs, target, blank=blank)
        path[:T, n], scores[:T, n] = best[0].numpy(), score[0].numpy()
    return path, scores
