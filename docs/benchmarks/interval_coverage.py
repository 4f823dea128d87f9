"""Count how often the nominal 95 % intervals of refkd.alignment.bootstrap hold the truth.

    python docs/benchmarks/interval_coverage.py [--worlds 2000] [--repeats 1000]

Every world has new seeds, new utterances and new errors. Utterances differ in length and
difficulty, seeds in quality; two students share the utterances, not the quality of their seeds.
The truth is the error over all seeds and utterances that there might be.
"""

import argparse

import numpy as np

from refkd.alignment.bootstrap import Ratio, difference, interval, resample

RATE, BETTER = 0.24, 0.22  # error of the two students, were all seeds and utterances average
UTTERANCES = 0.3  # standard deviation of log error over utterances
SEEDS = 0.03  # over seeds
PHONES = 40  # mean length of an utterance


def student(
    rng: np.random.Generator, rate: float, phones: np.ndarray, difficulty: np.ndarray, seeds: int
) -> Ratio:
    quality = rng.normal(0.0, SEEDS, (seeds, 1))
    chance = np.minimum(rate * np.exp(difficulty + quality), 1.0)
    return Ratio(rng.binomial(phones, chance), np.broadcast_to(phones, chance.shape))


def coverage(seeds: int, utterances: int, worlds: int, repeats: int) -> tuple[float, float]:
    """Share of the worlds whose intervals hold the true error and the true difference."""
    draws = resample(seeds, utterances, repeats)
    scale = np.exp((UTTERANCES**2 + SEEDS**2) / 2)  # mean of the log-normal factors
    true_error, true_difference = scale * RATE, scale * (BETTER - RATE)
    error = gain = 0
    for world in range(worlds):
        rng = np.random.default_rng([seeds, utterances, world])
        phones = rng.integers(PHONES // 2, 3 * PHONES // 2 + 1, utterances)
        difficulty = rng.normal(0.0, UTTERANCES, utterances)
        first, second = (student(rng, rate, phones, difficulty, seeds) for rate in (RATE, BETTER))
        covering, gained = interval(first, draws), difference(second, first, draws)
        error += covering.low <= true_error <= covering.high
        gain += gained.low <= true_difference <= gained.high
    return error / worlds, gain / worlds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=1000)
    options = parser.parse_args()
    print("seeds  utterances  error  difference")
    for utterances in (100, 1000):
        for seeds in (1, 2, 3, 5, 10, 20):
            shares = coverage(seeds, utterances, options.worlds, options.repeats)
            print(f"{seeds:5}  {utterances:10}  {shares[0]:5.3f}  {shares[1]:10.3f}", flush=True)


if __name__ == "__main__":
    main()
