"""The smallest adapter for `refkd verify distill`: one rule, one divergence; copy it.

What an implementation does not offer, it refuses; the kit then does not test it.
"""

import numpy as np


def frame_wise(student, teacher, lengths, rule):
    """KL(teacher || student) of each frame, summed over the utterance; logits (T, N, K), padded.

    `rule` is as from `refkd.losses.rule_json.rule_to_dict`, and divergence, temperature, scale_t2,
    blank_frames, blank. Returned are losses (N,) in nats, the gradient in the student's logits, and
    no pairs of frames, because they are always the same.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.verify.adapters.numpy_distill import frame_wise
    >>> from refkd.verify.distill.inputs import rule_of
    >>> student, teacher = np.log([[[0.5, 0.5]]]), np.log([[[0.8, 0.2]]])
    >>> loss, grad, _ = frame_wise(student, teacher, np.array([1]), rule_of("FrameWise"))
    >>> loss.round(4), grad.round(4)                # 0.8 log(0.8/0.5) + 0.2 log(0.2/0.5), q - p
    (array([0.1927]), array([[[-0.3,  0.3]]]))
    """
    if (rule["rule"], rule["divergence"]) != ("FrameWise", "kl"):
        raise NotImplementedError("only FrameWise with kl")
    if rule["temperature"] != 1.0 or rule["scale_t2"] or rule["blank_frames"] != "keep":
        raise NotImplementedError("no options")
    there = (np.arange(len(student))[:, None] < lengths)[:, :, None]
    log_p, log_q = _log_softmax(teacher), _log_softmax(student)
    p, q = np.exp(log_p), np.exp(log_q)
    terms = p * (np.where(p > 0.0, log_p, 0.0) - log_q)  # 0 log 0 = 0
    loss = np.where(there, terms, 0.0).sum(axis=(0, 2))
    return loss, np.where(there, q - p, 0.0), None


def _log_softmax(logits):
    below = logits - logits.max(axis=2, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=2, keepdims=True))
