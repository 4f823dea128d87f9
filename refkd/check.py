"""All error messages: what was expected of an argument, and what was given."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
T = TypeVar("T")
# Characters of a word, of what came and of what was expected that a sentence shows.
WORD, GOT, EXPECTED = 300, 240, 1000


class _Sentence(ValueError):
    """An error whose message is one line of readable length."""

    def __init__(self, sentence: str) -> None:
        line = " ".join(part.strip() for part in sentence.splitlines())
        super().__init__(re.sub(r"\S+", lambda word: _cut(word[0], WORD), line))


class ArgumentError(_Sentence):
    """An argument is not what the function expects.

    Examples
    --------
    >>> import refkd
    >>> try:
    ...     refkd.Window(left=-1)
    ... except refkd.ArgumentError as error:
    ...     print(error)
    Window: expected left + right >= 0, got left=-1, right=0
    """


class InfeasibleTargetError(ArgumentError):
    """The label sequence needs more frames than there are.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> try:
    ...     refkd.ctc_loss(np.zeros((2, 3)), [1, 1])
    ... except refkd.InfeasibleTargetError as error:
    ...     print(error)
    labels: expected at most 2 frames to be needed, got 2 labels with 1 repeats, which need 3
    """


class DataError(_Sentence):
    """A file or a corpus is not what its reader expects."""


def fail(argument: str, expected: str, got: object) -> NoReturn:
    """Raise an error in the form of all argument errors: NAME: expected ..., got ..."""
    actual = _cut(got if isinstance(got, str) else shown(got, str), GOT)
    raise ArgumentError(f"{argument}: expected {_cut(expected, EXPECTED)}, got {actual}")


def shown(value: object, write: Callable[[object], str] = repr) -> str:
    """Any value as text, even an int with more digits than Python writes."""
    try:
        return write(value)
    except Exception:
        return f"a value of type {type(value).__name__} that cannot be shown"


def store(record: object, **values: object) -> None:
    """Put checked values into a frozen dataclass, from within its __post_init__."""
    for name, value in values.items():
        object.__setattr__(record, name, value)


def finite_number(argument: str, value: Any) -> float:
    """A real, finite number as float."""
    if math.isfinite(number := _real(argument, value)):
        return number
    fail(argument, "a finite number", number)


def positive(argument: str, value: Any, *, infinite: bool = False) -> float:
    """A number > 0 as float; inf only where `infinite` allows it."""
    number = _real(argument, value)
    if not (infinite and number == math.inf):
        finite_number(argument, number)
    if number <= 0.0:
        fail(argument, "a number > 0", value)
    return number


def non_negative(argument: str, value: Any) -> float:
    """A finite number >= 0 as float."""
    number = finite_number(argument, value)
    if number < 0.0:
        fail(argument, "a number >= 0", value)
    return number


def integer(argument: str, value: Any, *, low: int | None = None, high: int | None = None) -> int:
    """A whole number, low <= value <= high, as int."""
    value = _scalar(value)
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, Integral):
        fail(argument, "a whole number", shown(value))
    number = int(value)
    if low is not None and number < low:
        fail(argument, f"a whole number >= {low}", number)
    if high is not None and number > high:
        fail(argument, f"a whole number <= {high}", number)
    return number


def flag(argument: str, value: Any) -> bool:
    """True or False, not a value that Python only treats as one."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    fail(argument, "True or False", shown(value))


def one_of(argument: str, value: T, choices: Sequence[T] | Mapping[T, Any]) -> T:
    """Check that a value is one of the choices, and return the choice."""
    try:
        return {choice: choice for choice in choices}[value]
    except (KeyError, TypeError):  # unhashable things are no choice either
        names = ", ".join(repr(choice) for choice in choices)
    fail(argument, f"one of {names}", shown(value))


def text(argument: str, value: Any) -> str:
    """Text as str, not as NumPy's kind of it."""
    return str(instance(argument, value, str))


def instance(argument: str, value: Any, kind: type[T]) -> T:
    """An instance of a class."""
    if not isinstance(value, kind):
        fail(argument, f"a {kind.__name__}", type(value).__name__)
    return value


def mapping(argument: str, value: Any) -> Mapping[Any, Any]:
    """A mapping such as a dict."""
    return instance(argument, value, Mapping)  # type: ignore[type-abstract]


def sequence(argument: str, value: Any) -> Sequence[Any]:
    """A sequence such as a list or an array."""
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return list(any_array(argument, value))
    return instance(argument, value, Sequence)  # type: ignore[type-abstract]


def array(argument: str, value: ArrayLike, shape: tuple[int | str, ...]) -> NDArray[Any]:
    """A real array of the given shape, float32 or float64 as it came, C-contiguous.

    A letter in `shape` stands for any length; everything else but floating point becomes float64.
    Aligned and writeable, too: kernels are compiled for such arrays.
    """
    result = any_array(argument, value, _shape_text(shape))
    if result.dtype.kind not in "fiu":
        fail(argument, "real numbers", f"dtype {result.dtype}")
    if result.dtype not in (np.float32, np.float64):
        try:
            with np.errstate(over="raise"):
                result = result.astype(np.float64)
        except FloatingPointError:
            fail(argument, "numbers up to 1.8e308", f"a larger {result.dtype}")
    fits = result.ndim == len(shape) and all(
        isinstance(expected, str) or expected == got
        for expected, got in zip(shape, result.shape, strict=True)
    )
    if not fits:
        fail(argument, _shape_text(shape), f"shape {_numbers_text(result.shape)}")
    return np.require(np.ascontiguousarray(result), requirements=["A", "W"])


def any_array(argument: str, value: ArrayLike, expected: str = "an array") -> NDArray[Any]:
    """What NumPy makes of a value, without a mask."""
    parts = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(part, np.ma.MaskedArray) for part in parts):
        fail(argument, "an array without a mask", "a masked array")
    try:
        return np.asarray(value)
    except Exception as error:  # of whatever library the value is from
        uneven = isinstance(error, ValueError) and isinstance(value, list | tuple)
        raised = f"a {type(value).__name__} that raises: {error}"
        fail(argument, expected, "rows of different lengths" if uneven else raised)


def finite_array(
    argument: str,
    value: ArrayLike,
    shape: tuple[int | str, ...],
    dtype: np.dtype[Any] | None = None,
) -> NDArray[Any]:
    """A real array of the given shape without NaN or infinities, after a cast if requested."""
    result = array(argument, value, shape)
    if dtype is not None:
        with np.errstate(over="ignore"):  # what does not fit becomes inf, and is refused
            result = result.astype(dtype, copy=False)
    if not np.isfinite(result).all():
        index = np.argwhere(~np.isfinite(result))[0]
        fail(argument, "finite numbers", f"{result[tuple(index)]} at {_numbers_text(index)}")
    return result


def logits(argument: str, value: ArrayLike, classes: int | None = None) -> Floats:
    """Logits (T, K) as float64: T, K >= 1, no NaN, no +inf, no frame of nothing but -inf."""
    result = logits_shape(argument, value, classes)
    logits_values(argument, result)
    return result


def logits_shape(argument: str, value: ArrayLike, classes: int | None = None) -> Floats:
    """Logits (T, K) as float64, T, K >= 1; their values are not looked at."""
    result = array(argument, value, ("T", "K")).astype(np.float64, copy=False)
    frames, width = result.shape
    if frames == 0 or width == 0:
        fail(argument, "T >= 1 and K >= 1", f"shape {_numbers_text(result.shape)}")
    if classes is not None and width != classes:
        fail(argument, f"K={classes}", f"K={width}")
    return result


def logits_values(argument: str, result: Floats) -> None:
    """Logits without NaN, +inf and frames of nothing but -inf."""
    if not np.isfinite(result).all():
        wrong = np.isnan(result) | (result == np.inf)
        if wrong.any():
            index = np.argwhere(wrong)[0]
            expected = "finite numbers or -inf"
            fail(argument, expected, f"{result[tuple(index)]} at {_numbers_text(index)}")
        silent = np.flatnonzero((result == -np.inf).all(axis=1))
        if silent.size:
            fail(argument, "a finite number in every frame", f"only -inf in frame {silent[0]}")


def labels(argument: str, value: ArrayLike, classes: int, blank: int) -> Ints:
    """Label sequence (L,) as int64: 0 <= label < K, never the blank."""
    result = any_array(argument, value)
    if result.size == 0 and result.ndim == 1:
        return np.zeros(0, dtype=np.int64)
    if result.ndim != 1 or result.dtype.kind not in "iu":
        got = f"shape {_numbers_text(result.shape)}, dtype {result.dtype}"
        fail(argument, "whole numbers of shape (L,)", got)
    outside = np.flatnonzero((result < 0) | (result >= classes))
    if outside.size:
        got = f"{result[outside[0]]} at {outside[0]}"
        fail(argument, f"0 <= label < K={classes}", got)
    blanks = np.flatnonzero(result == blank)
    if blanks.size:
        fail(argument, f"labels other than blank={blank}", f"the blank at {blanks[0]}")
    return np.require(np.ascontiguousarray(result, dtype=np.int64), requirements=["A", "W"])


def feasible(argument: str, value: Ints, frames: int) -> None:
    """The labels fit: one frame for each, and one more between two equal ones."""
    repeats = int(np.count_nonzero(value[1:] == value[:-1]))
    needed = value.size + repeats
    if needed > frames:
        raise InfeasibleTargetError(
            f"{argument}: expected at most {frames} frames to be needed, got "
            f"{value.size} labels with {repeats} repeats, which need {needed}"
        )


def computed(argument: str, what: str, *results: NDArray[Any]) -> None:
    """Check that a result of finite numbers is finite, so that no product was too large."""
    if not all(np.isfinite(result).all() for result in results):
        fail(argument, f"numbers for which {what} are finite", "larger ones")


def same_length(argument: str, got: int, other: str, expected: int, unit: str) -> None:
    """Two sequences of one length."""
    if got != expected:
        fail(argument, f"{unit}={expected} to match {other}", f"{unit}={got}")


def _scalar(value: Any) -> Any:
    """The number in an array without axes; everything else as it is."""
    return value[()] if type(value) is np.ndarray and value.ndim == 0 else value


def _real(argument: str, value: Any) -> float:
    """A real number as float; neither text nor True, which float() would take."""
    value = _scalar(value)
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, Real):
        fail(argument, "a number", shown(value))
    try:
        return float(value)
    except OverflowError:
        fail(argument, "a number up to 1.8e308", "a larger one")


def _cut(text: str, most: int) -> str:
    """Text of at most so many characters and a mark where some are left out."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]} ... {text[-half:]}"


def _numbers_text(numbers: Sequence[int] | NDArray[Any]) -> str:
    return str(tuple(int(number) for number in numbers))


def _shape_text(shape: tuple[int | str, ...]) -> str:
    return f"shape ({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
