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
    "C1": "state_s = blank if s is even, label_{(s-1)/2} if s is odd, S = 2L + 1",
    "C2": "skip_s = 1 if s >= 3 and state_s is neither blank nor state_{s-2}, else 0",
    "C3": "log_alpha[0, s] = logp[0, state_s] if s = 0, 1, else -inf",
    "C4": "log_alpha[t, s] = logp[t, state_s] + log_add(log_alpha[t-1, s], log_alpha[t-1, s-1], "
    "log_alpha[t-1, s-2] if skip_s)",
    "C5": "log_beta[T-1, s] = 0 if s = S-2, S-1, else -inf",
    "C6": "log_beta[t, s] = log_add(onward[s], onward[s+1], onward[s+2] if skip_{s+2}), "
    "onward[s] = log_beta[t+1, s] + logp[t+1, state_s]",
    "C7": "loss = -log P = -log_add(log_alpha[T-1, S-1], log_alpha[T-1, S-2])",
    "C8": "total_t = sum_s e^(log_alpha[t, s] + log_beta[t, s]) = P",
    "C9": "occupancy[t, k] = 1 / total_t times the sum of e^(log_alpha[t, s] + log_beta[t, s]) "
    "over the s with state_s = k",
    "C10": "dz[t, k] = y[t, k] - occupancy[t, k]",
    "C11": "best[t, s] = logp[t, state_s] + max(best[t-1, s], best[t-1, s-1], best[t-1, s-2] if "
    "skip_s)",
    "C12": "path[t-1] = argmax_s' best[t-1, s'], s' = path[t], path[t]-1, path[t]-2 if "
    "skip_{path[t]}",
    "C13": "alpha^[t, s] = y[t, state_s] (alpha^[t-1, s] + alpha^[t-1, s-1] + "
    "skip_s alpha^[t-1, s-2]) / scale_t",
    "C17": "loss = -(sum_t log scale_t + log end)",
    "R1": "a_t = x_t W_x + b + h_{t-1} W_h",
    "R2": "h_t = tanh(a_t)",
    "L1": "a_t = x_t W_x + b + h_{t-1} W_h",
    "L2": "i = sigma(a_i)",
    "L3": "f = sigma(a_f)",
    "L4": "g = tanh(a_g)",
    "L5": "o = sigma(a_o)",
    "L6": "c_t = f c_{t-1} + i g",
    "L7": "h_t = o tanh(c_t)",
    "L8": "dh_t = r_t + dh_next",
    "L9": "dc_t = dc_next + dh_t (o - o tanh^2(c_t))",
    "L10": "da_i = dc_t g (i - i^2)",
    "L11": "da_f = dc_t c_{t-1} (f - f^2)",
    "L12": "da_g = dc_t (i - i g^2)",
    "L13": "da_o = dh_t tanh(c_t) (o - o^2)",
    "L14": "dc_next = dc_t f",
    "L15": "dh_next = da_t W_h^T",
    "L16": "dx_t = da_t W_x^T",
    "L17": "dW_x = sum_t x_t^T da_t, dW_h = sum_t h_{t-1}^T da_t",
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
