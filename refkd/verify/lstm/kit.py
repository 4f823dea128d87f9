"""The kit for LSTMs and its functions."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import refkd
from refkd import check
from refkd.verify.kit import Asker, Kit, Names, first_numbers
from refkd.verify.lstm import translate
from refkd.verify.lstm.cases import CASES, LARGE
from refkd.verify.lstm.conventions import (
    ARGUMENTS,
    CANONICAL_ARGUMENTS,
    CANONICAL_RESULTS,
    CONVENTIONS,
    RESULTS,
    STATES,
    VARIANT_ARGUMENTS,
    VARIANT_RESULTS,
    variants,
)
from refkd.verify.lstm.defects import DEFECTS
from refkd.verify.lstm.judge import deviation, may_refuse, remark
from refkd.verify.lstm.plain import PlainLSTM
from refkd.verify.lstm.published import PUBLISHED
from refkd.verify.lstm.recipe import PREFIX, Recipe, by_hypothesis, by_numpy
from refkd.verify.lstm.reduce import reduced, size, smaller
from refkd.verify.lstm.symptoms import can_show, symptoms, traits
from refkd.verify.lstm.translate import padded_frames
from refkd.verify.records import (
    Arguments,
    Case,
    Conventions,
    Finding,
    Outcome,
    Outputs,
    Selection,
    Settled,
)

SHOWN = 100  # numbers of a case that is printed
DRAWN, DRAWN_QUICK = 100, 12
HALF_FRAMES = 1_000  # sums of more rounded numbers have no digits left in half precision
STEP_COST, STEP_FLOPS = 40, 100  # of one step in plain NumPy, in cells of a table


def reference(case: Case, arguments: Arguments, conventions: Conventions) -> Outputs:
    """All results of a padded batch; published ones where the dtype has the digits."""
    if variants(conventions):
        return _of_variants(arguments)
    published = case.expected if translate.is_exact(conventions) else None
    return {**_of_batch(arguments), **(published or {})}


def _of_variants(arguments: Arguments) -> Outputs:
    """All results of a batch that has arguments of variants."""
    results = PlainLSTM()(*map(arguments.get, CANONICAL_ARGUMENTS))
    by_name = zip(CANONICAL_RESULTS, results, strict=True)
    return {name: values for name, values in by_name if values is not None}


def _of_batch(arguments: Arguments) -> Outputs:
    """All results of a padded batch; hidden and d_inputs are 0 in padded frames."""
    params = refkd.LSTMParams(
        arguments["w_input"], arguments["w_hidden"], arguments["bias"] + arguments["bias_hidden"]
    )
    results = {  # of utterances without frames: first states are last states
        "hidden": np.zeros(arguments["d_hidden"].shape),
        "h_last": arguments["h0"].copy(),
        "c_last": arguments["c0"].copy(),
        "d_inputs": np.zeros(arguments["inputs"].shape),
        "d_w_input": np.zeros(params.w_input.shape),
        "d_w_hidden": np.zeros(params.w_hidden.shape),
        "d_bias": np.zeros(params.bias.shape),
        "d_h0": arguments["d_h_last"].copy(),
        "d_c0": arguments["d_c_last"].copy(),
    }
    for n, T in enumerate(arguments["lengths"]):
        if T > 0:
            _add_utterance(n, int(T), arguments, params, results)
    results["d_bias_hidden"] = results["d_bias"]
    return results


def _add_utterance(
    n: int, T: int, arguments: Arguments, params: refkd.LSTMParams, results: dict[str, Any]
) -> None:
    trace = refkd.lstm_trace(
        params,
        arguments["inputs"][:T, n],
        arguments["h0"][n],
        arguments["c0"][n],
        reverse=bool(arguments["reverse"]),
    )
    last = 0 if arguments["reverse"] else T - 1
    results["hidden"][:T, n] = trace.hidden
    results["h_last"][n], results["c_last"][n] = trace.hidden[last], trace.cell[last]
    upstream = (arguments[name][n] for name in ("d_h_last", "d_c_last"))
    grads = refkd.lstm_grad(params, trace, arguments["d_hidden"][:T, n], *upstream)
    results["d_inputs"][:T, n] = grads.inputs
    results["d_h0"][n], results["d_c0"][n] = grads.h0, grads.c0
    for name in ("w_input", "w_hidden", "bias"):
        results["d_" + name] += getattr(grads, name)


BACKWARD = ("some_frames_reversed", "ragged_reversed_the_longest_last", "one_frame_reversed")
ORDERS = ("in_place", "as_walked", "as_walked_padded")


def _reversed(ask: Asker, conventions: Conventions) -> tuple[str | None, list[Finding]]:
    """The order under which fewest outputs are wrong; None if no answer can be read."""
    wrong = {}
    for order in ORDERS:
        cases = [CASES[name]() for name in BACKWARD]
        outcomes = ask.outcomes(cases, {**conventions, "reversed": order})
        answers = [outcome.answer for outcome in outcomes]
        if all(answer.failure == "raised" for answer in answers):
            words = f"the backward direction is refused: {answers[0].sentence}"
            return "refused", [Finding("", words, "note")]
        if any(answer.outputs is not None for answer in answers):
            wrong[order] = sum(map(_wrong_hidden, outcomes))
    return min(wrong, key=lambda order: wrong[order], default=None), []


def _wrong_hidden(outcome: Outcome) -> int:
    """Entries of the outputs that are wrong."""
    deviation = outcome.deviation
    return deviation.outside if deviation is not None and deviation.output == "hidden" else 0


def _padding(outcome: Outcome) -> str | None:
    """The values in padded frames of the outputs; None if there are none."""
    padded = padded_frames(outcome.arguments)
    if outcome.answer.outputs is None or not padded.any():
        return None
    hidden = outcome.answer.outputs["hidden"]
    if not hidden[padded].any():
        return "zero"
    last = hidden[outcome.arguments["lengths"] - 1, np.arange(hidden.shape[1])]
    return "held" if (hidden == last)[padded].all() else "any"


def _not_returned(outcome: Outcome, conventions: Conventions) -> list[Finding]:
    outputs = outcome.answer.outputs
    if outputs is None or conventions["returned"] != "some":
        return []
    missing = [name for name in RESULTS if name in outcome.expected and name not in outputs]
    return [Finding("", f"not returned, so not compared: {', '.join(missing)}", "note")]


def settle(ask: Asker, conventions: Conventions, claims: Conventions) -> Settled:
    """The order of outputs of the backward direction, and the values in padded frames."""
    order, findings = _reversed(ask, conventions)
    read = {**conventions, "reversed": order or ORDERS[0]}
    (ragged,) = ask.outcomes([CASES["ragged"]()], read)
    padding = _padding(ragged)
    unknown = {"reversed": order is None, "padding": padding is None}
    return Settled(
        {"reversed": read["reversed"], "padding": padding or "any"},
        (*findings, *_not_returned(ragged, conventions)),
        frozenset(name for name in unknown if unknown[name]),
    )


def concerns(case: Case, conventions: Conventions) -> bool:
    """Whether a layer has this direction and units enough, and its dtype digits enough."""
    if case.inputs["reverse"] and conventions["reversed"] == "refused":
        return False
    if "w_projection" in variants(conventions) and len(case.inputs["w_hidden"]) == 1:
        return False  # a projection is to fewer units
    few = max(map(len, case.inputs["inputs"])) <= HALF_FRAMES
    return few or translate.is_exact(conventions)


def contradictions(case: Case, conventions: Conventions) -> Sequence[Case]:
    """The case with a second bias, where it is ignored."""
    if conventions["biases"] == "two":
        return ()
    return (dataclasses.replace(case, layout={**case.layout, "second_bias": True}),)


def variant_signature(claims: Conventions) -> tuple[Names, Names]:
    """What an adapter takes and returns besides for some variants."""
    sent = tuple(name for name in variants(claims) if name != "coupled")
    return sent, tuple(name for name in VARIANT_RESULTS if name[2:] in sent)


def cost(arguments: Arguments) -> int:
    """Steps of all utterances, each with its products."""
    D, H = arguments["inputs"].shape[2], arguments["c0"].shape[1]
    steps = int(arguments["lengths"].sum())
    return steps * (STEP_COST + 4 * int(H) * (int(D) + int(H)) // STEP_FLOPS)


def example(arguments: Arguments, conventions: Conventions) -> str:
    """Sizes of a case and, if they are few, all of its numbers in the implementation's layout.

    Arguments that are all 0 are named in the last line.
    """
    (T, N, D), H = arguments["inputs"].shape, arguments["c0"].shape[1]
    way = "backward" if arguments["reverse"] else "forward"
    lines = [f"T={T} N={N} D={D} H={H}, {way}, lengths {first_numbers(arguments['lengths'])}"]
    arrays = {
        name: value
        for name, value in translate.sent(arguments, conventions).items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }
    if sum(value.size for value in arrays.values()) > SHOWN:
        return lines[0]
    lines += [f"{name} = {value.tolist()}" for name, value in arrays.items() if value.any()]
    zero = [name for name, value in arrays.items() if not value.any()]
    return "\n".join([*lines, *([f"0: {', '.join(zero)}"] if zero else [])])


def _make(name: str) -> Case:
    if not name.startswith(PREFIX):
        check.one_of("--case", name, [*CASES, *LARGE, *PUBLISHED])
    return Recipe.from_name(name).case()


def _by_numpy(selection: Selection) -> Iterator[str]:
    count = DRAWN_QUICK if selection.quick else DRAWN
    return (recipe.name for recipe in by_numpy(count, selection.seed, selection.few_shapes))


def _by_hypothesis(selection: Selection) -> Iterator[str]:
    if selection.few_shapes:
        return _by_numpy(selection)
    count = DRAWN_QUICK if selection.quick else DRAWN
    return (recipe.name for recipe in by_hypothesis(count, selection.seed))


PROBES = ("some_frames", "one_frame_from_zero", "one_frame_without_biases")
KIT = Kit(
    name="lstm",
    arguments=ARGUMENTS,
    results=RESULTS,
    variant_signature=variant_signature,
    more_arguments=tuple(VARIANT_ARGUMENTS),
    more_results=tuple(VARIANT_RESULTS),
    forward=tuple(STATES),
    conventions=CONVENTIONS,
    defects=DEFECTS,
    small=CASES | PUBLISHED,
    large=LARGE,
    drawn=_by_numpy,
    by_hypothesis=_by_hypothesis,
    make=_make,
    reduced=reduced,
    shape=translate.padded_shape,
    probe_cases=lambda: [CASES[name]() for name in PROBES],
    size=size,
    reductions=smaller,
    cost=cost,
    example=example,
    present=translate.present,
    reference=reference,
    translate=translate.translate,
    restore=translate.restore,
    express=translate.express,
    laid_out=translate.laid_out,
    concerns=concerns,
    may_refuse=may_refuse,
    deviation=deviation,
    settle=settle,
    contradictions=contradictions,
    symptoms=symptoms,
    remark=remark,
    traits=traits,
    can_show=can_show,
)
