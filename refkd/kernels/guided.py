"""Pull a model's spikes to where a guide has its own. Equations: docs/course/rivals.md."""

from refkd.kernels.compile import kernel
from refkd.kernels.numeric import exp


@kernel
def guide_loss(logp, guide_logits, blank, d_logits):
    """Return minus the probability of the guide's symbol, summed over the frames where it spikes.

    logp          (T, K)  the model's log-probabilities; -inf is a probability of 0
    guide_logits  (T, K)  at least one finite entry in every frame
    d_logits      (T, K)  filled: gradient in the model's logits
    """
    T, K = logp.shape
    loss = 0.0
    d_logits[:] = 0.0
    for t in range(T):
        g = 0
        for k in range(1, K):
            if guide_logits[t, k] > guide_logits[t, g]:
                g = k  # (G1)
        if g != blank:
            q_g = exp(logp[t, g])
            loss -= q_g  # (G2)
            for k in range(K):
                if k != g:
                    d_logits[t, k] = q_g * exp(logp[t, k])  # (G3)
                    d_logits[t, g] -= d_logits[t, k]  # (G4)
    return loss
