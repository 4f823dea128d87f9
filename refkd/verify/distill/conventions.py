"""What distillation losses do differently and are right about."""

from refkd.verify.ctc.conventions import LAYOUT
from refkd.verify.distill import grid
from refkd.verify.kit import Convention, of_dtype

REDUCED = ("sum", "batchmean", "mean", "mean_elements")  # one number for the batch
OFFERS = ("rules", "divergences", "options")
TOGETHER = "+"  # joins what is refused in combination


class Combinations(Convention):
    """Any number of combinations of the choices, as in "Soft+js,temperature+no_scale_t2"."""

    def parts(self, value: str) -> tuple[str, ...]:
        """The choices that a value is made of."""
        return tuple(value.replace(TOGETHER, ",").split(",")) if value else ()

    def words(self, value: str) -> str:
        """A value in plain words."""
        combinations = value.split(",") if value else ()
        return "; ".join(
            " with ".join(self.choices[part] for part in self.parts(combination))
            for combination in combinations
        ) or "none"  # fmt: skip


CONVENTIONS = (
    of_dtype("K17"),
    LAYOUT,
    Convention(
        "input",
        {
            "logits": "logits of both, normalised inside",
            "log_probs": "log-probabilities of both, taken as they come",
            "kl_div": "the student's log-probabilities and the teacher's probabilities",
            "probs": "probabilities of both",
        },
        "call",
        bug="K2",
    ),
    Convention(
        "lengths",
        {"numbers": "(N,) numbers of frames", "mask": "a mask, 1 where a frame is not padding"},
        "call",
    ),
    Convention(
        "kl",
        {
            "teacher_student": "'kl' is KL(teacher || student)",
            "student_teacher": "'kl' is KL(student || teacher), 'reverse_kl' the other",
        },
        "call",
        searched=("teacher_student",),
        bug="K1",
    ),
    Convention(
        "t2",
        {
            "asked": "times temperature^2 where scale_t2 asks for it",
            "always": "always times temperature^2",
            "never": "never times temperature^2",
        },
        "call",
        searched=("asked",),
        bug="K4",
    ),
    Convention(
        "reduction",
        {
            "none": "none, one loss for each utterance",
            "sum": "sum over the batch",
            "batchmean": "mean over the utterances",
            "mean": "mean over all frames of the batch",
            "mean_elements": "mean over all frames and classes of the batch",
            "per_frame": "each divided by its number of frames",
        },
        "answer",
        bug="K3",
    ),
    Convention(
        "grad_of",
        {
            "logits": "in the student's logits (rows sum to 0)",
            "log_probs": "in the student's log-probabilities",
            "probs": "in the student's probabilities",
            "none": "none is returned",
        },
        "answer",
    ),
    Convention(
        "pairs",
        {
            "rows": "rows (utterance, student frame, teacher frame)",
            "frames": "the teacher frame of each student frame, -1 for none",
            "none": "none are returned",
        },
        "later",
    ),
    Convention("rules", {name: name for name in grid.JUDGED}, "later", several=True),
    Convention("divergences", {name: name for name in grid.DIVERGENCES}, "later", several=True),
    Convention("options", {name: name for name in grid.OPTIONS}, "later", several=True),
    Combinations(
        "refused",
        {
            **{name: name for name in (*grid.RULES, *grid.DIVERGENCES)},
            "temperature": "a temperature",
            "no_temperature": "no temperature",
            "scale_t2": "scale_t2",
            "no_scale_t2": "no scale_t2",
            "keep": "blank frames kept",
            "drop_selected": "drop_selected",
            "no_blank_candidates": "no_blank_candidates",
        },
        "later",
        several=True,
    ),
)
