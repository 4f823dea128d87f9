"""Three hints to each exercise: a question that points the way, the idea, nearly the code."""

HINTS: dict[str, tuple[str, str, str]] = {
    "tanh_step": (
        "Write (R1) for one unit j. Which numbers of w_input and of w_hidden occur in it: those "
        "of row j, or those of column j?",
        "The preactivation of unit j is a sum of three parts: the bias of j, each input times its "
        "weight to j, and each unit of the hidden state before times its weight to j. The weights "
        "to j are in column j of both matrices. The tanh comes last.",
        "For each j: start with a = bias[j]. Add x[i] * w_input[i, j] for all i below F, then "
        "h[i] * w_hidden[i, j] for all i below H. Then hidden[j] is np.tanh(a).",
    ),
    "lstm_step": (
        "How long is a_t, and which of its elements belong to the output gate of unit j?",
        "Compute a_t as in tanh_step, without the tanh. It has 4H elements: unit j of i, f, g, o "
        "is at j, H + j, 2H + j and 3H + j. The parts of i, f and o go through sigma, and that of "
        "g goes through tanh. Then compute the cell state, and from the new cell state the hidden "
        "state.",
        "After a is complete, for each j: i, f, o are sigma(a[j]), sigma(a[H + j]), sigma(a[3 * H "
        "+ j]) and g is tanh(a[2 * H + j]). The cell state is f times c[j] plus i times g; the "
        "hidden state is o times tanh of this cell state, not of c[j].",
    ),
    "lstm_backward": (
        "In which formulas of (L1) to (L7) does each of h_t, c_t, i, f, g, o and a_t occur on the "
        "right-hand side, at frame t or at frame t + 1? In which order must their gradients "
        "therefore be completed?",
        "The gradient in a value is a sum over the formulas that use the value: the gradient in "
        "the result of the formula, times the partial derivative. h_t is used by the loss and in "
        "a_{t+1}; c_t is used in h_t and in c_{t+1}; each gate is used once, in a product. So "
        "complete a frame in the order h, c, gates, and begin with the last frame. Two vectors "
        "are passed from one frame to the frame before. The slopes are sigma' = sigma (1 - sigma) "
        "and tanh' = 1 - tanh^2; write them with the values after sigma and tanh.",
        "For each unit: d_h is d_hidden[t] plus d_h_next. d_c is d_c_next plus d_h times o times "
        "(1 - tanh(c)^2). d_f is d_c times the cell state before times f (1 - f), and the other "
        "three likewise: the other factor of the product, times the slope. Then d_c_next becomes "
        "d_c times f, and d_h_next[j] the sum of d_a[k] * w_hidden[j, k] over the 4H columns k. "
        "The element [j, k] of d_w_hidden collects (hidden state before)[j] * d_a[k] over all "
        "frames.",
    ),
    "ctc_alpha": (
        "From which states at frame t - 1 can a path come to state s at frame t? When is the move "
        "over two states not allowed?",
        "First make the list of states: a blank before and after each label. Then fill the table "
        "row by row. A path comes to s from s itself, from s - 1 or, if s is a label that differs "
        "from the label before it, from s - 2. Add up these entries of the row before as "
        "probabilities, and multiply the sum by the probability of the emission. In logarithms, a "
        "product becomes a sum, and a sum becomes log_add. The loss is computed from the last two "
        "entries of the last row.",
        "Collect the terms in a list: log_alpha[t - 1, s]; log_alpha[t - 1, s - 1] if s >= 1; "
        "log_alpha[t - 1, s - 2] if skip_s. The new entry is logp[t, states[s]] plus log_add of "
        "the list. log_add takes the largest term out before any exp, and returns -inf if that is "
        "-inf.",
    ),
    "ctc_beta": (
        "A path is at state s at frame t. To which states can it move, and at which frame and "
        "state is the first emission of its continuation?",
        "Fill the table from the last row upwards. From s a path continues to s, to s + 1 or, if "
        "s + 2 may be entered by a skip, to s + 2. The continuation begins with the emission of "
        "the entered state at frame t + 1. It does not include the emission at frame t, because "
        "alpha includes that one.",
        "For each state `to` of s, s + 1, s + 2 that exists and may be entered, collect "
        "log_beta[t + 1, to] + logp[t + 1, states[to]] in a list. The entry is log_add of the "
        "list. For s + 2, test that states[to] is no blank and differs from states[s].",
    ),
    "ctc_gradient": (
        "How often does the factor y[t, k] occur in the product of a path that emits k at frame "
        "t? And in the product of a path that does not? So what is the derivative of such a "
        "product in log y[t, k]?",
        "A product that has the factor y[t, k] once is its own derivative in log y[t, k]. So the "
        "derivative of P is the sum over the paths that emit k at t, and this sum divided by P is "
        "an occupancy. By the softmax, d log y[k] / dz[k'] is [k = k'] - y[k'], where [k = k'] is "
        "1 if both are the same class, else 0. Apply the chain rule, a sum over k, and use that "
        "the occupancies of a frame sum to 1.",
        "For each frame: weight[s] = exp(log_alpha[t, s] + log_beta[t, s] - largest). Add "
        "weight[s] / sum(weight) to the occupancy of class states[s]; add, because a class can "
        "have several states. The gradient is the probability exp(logp[t, k]) minus this "
        "occupancy.",
    ),
    "ctc_rescaled": (
        "By which numbers has alpha^[t, s] been divided, compared with alpha[t, s]? At which "
        "frame can P be read off?",
        "Fill a row as in ctc_alpha, but with products and sums of probabilities, from the row "
        "before, which is already divided. Then divide the new row by its sum. By induction, "
        "alpha^[t, s] is alpha[t, s] divided by the product of the scales up to frame t. P is the "
        "sum of alpha over the last two states at the last frame.",
        "alpha[t, s] starts as (alpha[t - 1, s] + alpha[t - 1, s - 1] + alpha[t - 1, s - 2] if "
        "skip_s) * prob[t, states[s]]; then scale[t] = sum(alpha[t]), and the row is divided by "
        "it. P is end times the product of all scales, so add math.log(scale[t]) over the frames "
        "and math.log(end), and change the sign.",
    ),
    "kl_gradient": (
        "Which part of the sum (D2) depends on the student's logits at all?",
        "Only -sum_k p[k] log q[k] depends on z. By the softmax, d log q[k] / dz[k'] is [k = k'] "
        "- q[k'], where [k = k'] is 1 if both are the same class, else 0. Insert this, and use "
        "that the p[k] sum to 1. For log q, subtract the largest logit before any exponential.",
        "log_q = logits[t, k] - log_total, where log_total is the largest logit plus the log of "
        "the sum of exp(z - largest). Where p > 0, add p * (math.log(p) - log_q) to the "
        "divergence. The gradient is math.exp(log_q) minus p.",
    ),
    "hard": (
        "Column w of row t belongs to which teacher frame u? And what are you asked for, w or u?",
        "Go through the columns of a row and keep the best so far. Compare three things in this "
        "order: the divergence, then the distance of u from t, then u itself. Tuples compare like "
        "that. Leave out the columns with D = inf.",
        "With u = t + w - left, compare (divergence[t, w], abs(u - t), u) with the best tuple so "
        "far. If it is smaller, keep it and set chosen[t] = u.",
    ),
    "soft_minimum": (
        "What is the derivative of log(sum_u e^(-D(t, u) / tau)) in one D(t, u)? Does the factor "
        "1 / count_t matter for it?",
        "By the chain rule the derivative is one exponential over the sum of all of them; tau and "
        "1 / tau cancel, and so does count_t. The weights are a softmax of -D / tau. Take the "
        "smallest D out of the exponentials first: it cancels in the weights, and it is added in "
        "front of the soft minimum.",
        "Let low be the smallest D of the row. Each visible w gets exp(-(divergence[t, w] - low) "
        "/ tau); total is their sum. The weights are these divided by total, and the soft minimum "
        "is low - tau * log(total / count). At tau = inf all exponentials are 1, and the soft "
        "minimum is the mean of D.",
    ),
    "per_teacher": (
        "Each student frame that sees teacher frame u has one cell of the band for it. At which "
        "columns are these cells? Are they all in one column?",
        "Fix u and go through the student frames t. The pair is at column w = u - t + left, so "
        "the cells of one teacher frame are on a diagonal of the band. Leave out the t for which "
        "w is outside 0 to W - 1. Then choose as in hard, with the roles of t and u exchanged.",
        "For each u and t with 0 <= w < W and a finite divergence[t, w], where w = u - t + left: "
        "compare (divergence[t, w], abs(t - u), t) with the best tuple so far. If it is smaller, "
        "keep it and set chosen[u] = t.",
    ),
    "monotone": (
        "The pair (t, u) is at column w. At which column of row t - 1 is the same teacher frame u?",
        "Of all choices that end with the pair (t, u), only the cheapest matters, so one number "
        "for each cell is enough. The step from a cell (t', w') to (t, w) is the difference of "
        "their teacher frames, (t + w) - (t' + w'); it must be between 0 and max_step. Remember "
        "for each cell the column that it came from, and read the choice back from the cheapest "
        "cell of the last row that sees anything.",
        "For each column of the row before: step = (t + w) - (before + column). If 0 <= step <= "
        "max_step and its cost is below the best so far, keep the cost and set origin[t, w] = "
        "column. Then cost[t, w] is D plus the best. Backwards: chosen[t] = t + w - left, then w "
        "= origin[t, w].",
    ),
    "ordered_path": (
        "The pair (t, u) is at column w. At which cells of the band are the three pairs that a "
        "path can come from?",
        "If the path comes from (t - 1, u - 1), both sequences advance, and the column stays the "
        "same. If it comes from (t - 1, u), the column is one more, in the row before; if from "
        "(t, u - 1), it is one less, in the same row. Remember for each cell the one that gave "
        "the minimum. The path begins at (0, 0) and ends at (T - 1, T - 1), both at column "
        "`left`. Read it backwards, and note the smallest and the largest u of each t.",
        "For `at` in ((t - 1, w), (t - 1, w + 1), (t, w - 1)), if it is inside and cost[at] is "
        "below the best so far: keep it, and before[t, w] = at. Only the cell (0, left) starts "
        "with best = 0. Then cost[t, w] is D plus the best. Backwards from (T - 1, left), follow "
        "before[at] to (0, left).",
    ),
}
