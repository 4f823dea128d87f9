"""The equations that narrations refer to, word for word as the pages of docs/ have them."""

from refkd.losses.rules import EQUATIONS as EQUATIONS_OF_RULES

PAGES = {
    "R": "docs/course/rnn.md",
    "C": "docs/course/ctc.md",
    "L": "docs/course/lstm.md",
    "D": "docs/course/similarity.md",
    "S": "docs/course/selection.md",
}

EQUATIONS = {
    "C1": "state_s = blank for even s, the label (s - 1) / 2 for odd s, s = 0 .. S-1, S = 2L + 1",
    "C2": "skip_s = 1 if s >= 3 and state_s is neither the blank nor state_{s-2}, else 0",
    "C3": "A[0, s] = logp[0, state_s] for s = 0, 1, else -inf",
    "C4": "A[t, s] = logp[t, state_s] + log_add(A[t-1, s], A[t-1, s-1], A[t-1, s-2] if skip_s)",
    "C5": "B[T-1, s] = 0 for s = S-2, S-1, else -inf",
    "C6": "B[t, s] = log_add(E[s], E[s+1], E[s+2] if skip_{s+2}), "
    "E[s] = B[t+1, s] + logp[t+1, state_s]",
    "C7": "loss = -log_add(A[T-1, S-1], A[T-1, S-2])",
    "C8": "total_t = sum_s e^(A[t, s] + B[t, s])",
    "C9": "occupancy[t, k] = sum over states s with label k of e^(A[t, s] + B[t, s]) / total_t",
    "C10": "d loss / d logits[t, k] = y[t, k] - occupancy[t, k]",
    "C11": "V[t, s] = logp[t, state_s] + max(V[t-1, s], V[t-1, s-1], V[t-1, s-2] if skip_s)",
    "C12": "path[t-1] = path[t] - the step that V[t, path[t]] came by",
    "R1": "a_t = x_t W + b + h_{t-1} U",
    "R2": "h_t = tanh(a_t)",
    "L1": "a_t = x_t W + b + h_{t-1} U",
    "L2": "i = sigma(a_i)",
    "L3": "f = sigma(a_f)",
    "L4": "g = tanh(a_g)",
    "L5": "o = sigma(a_o)",
    "L6": "c_t = f c_{t-1} + i g",
    "L7": "h_t = o tanh(c_t)",
    "L8": "dh_t = dh + (gradient from above)",
    "L9": "dc_t = dc + dh_t (o - o tanh^2 c_t)",
    "L10": "da_i = dc_t g (i - i^2)",
    "L11": "da_f = dc_t c_{t-1} (f - f^2)",
    "L12": "da_g = dc_t (i - i g^2)",
    "L13": "da_o = dh_t tanh(c_t) (o - o^2)",
    "L14": "dc = dc_t f",
    "L15": "dh = da_t U^T",
    "L16": "dx_t = da_t W^T",
    "L17": "dW = sum_t x_t^T da_t, dU = sum_t h_{t-1}^T da_t",
    "L18": "db = sum_t da_t",
    "D1": "D(t, u) = 0 at first if t sees u, else inf",
    "D2": "D(t, u) = KL(p_u || q_t) = sum_k p_u[k] (log p_u[k] - log q_t[k])",
    "D3": "D(t, u) = KL(q_t || p_u) = sum_k q_t[k] (log q_t[k] - log p_u[k])",
    "D4": "D(t, u) = 1/2 KL(p_u || mid) + 1/2 KL(q_t || mid), mid[k] = (p_u[k] + q_t[k]) / 2",
    "D5": "D(t, u) = -sum_k p_u[k] log q_t[k]",
    "D6": "dD(t, u)/dz_t[k] = q_t[k] - p_u[k]",
    "D7": "dD(t, u)/dz_t[k] = q_t[k] (ratio[k] - sum_k' q_t[k'] ratio[k']), "
    "ratio[k] = log(q_t[k] / p_u[k])",
    "D8": "dD(t, u)/dz_t[k] = 1/2 q_t[k] (ratio[k] - sum_k' q_t[k'] ratio[k']), "
    "ratio[k] = log(2 q_t[k] / (p_u[k] + q_t[k]))",
    "D9": "target_t[k] = sum_u weight(t, u) p_u[k] / sum_u weight(t, u)",
    **EQUATIONS_OF_RULES,
}


def page_of(tag: str) -> str:
    """The page that derives an equation.

    Examples
    --------
    >>> from refkd.learn.explain.equations import page_of
    >>> page_of("C4")
    'docs/course/ctc.md'
    """
    return PAGES[tag[0]]
