"""Second-order resonators in series, the vocal tract of the speech synthesizer.

Equations: docs/guides/synthetic.md.
"""

from refkd.kernels.compile import kernel


@kernel
def resonate(source, coefficients, hop, memory, signal):
    """Pass a signal through R resonators, one after the other, that change over time.

    source       (n,)       samples going in
    coefficients (m, R, 3)  gain a and feedback b, c of each resonator, in force for `hop` samples
    memory       (R, 2)     each resonator's last two outputs; read and updated
    signal       (n,)       filled: samples coming out
    """
    R = coefficients.shape[1]
    for t in range(source.size):
        y = source[t]
        for r in range(R):
            a, b, c = coefficients[t // hop, r]
            y = a * y + b * memory[r, 0] + c * memory[r, 1]  # (V1)
            memory[r, 1] = memory[r, 0]
            memory[r, 0] = y
        signal[t] = y
