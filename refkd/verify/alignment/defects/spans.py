"""Spans and scores that are moved or belong to others."""

import numpy as np

from refkd.verify.alignment.plain import PlainAligner
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainAligner)


@DEFECTS.steps
class LaterByOne(PlainAligner):
    bug = "A3"
    words = "everything is one frame late"
    by = 1

    def moved(self, path, blank):
        moved = np.full_like(path, blank)
        if self.by > 0:
            moved[self.by :] = path[: -self.by]
        else:
            moved[: self.by] = path[-self.by :]
        return moved


@DEFECTS.steps
class EarlierByOne(LaterByOne):
    bug = "A3"
    words = "everything is one frame early"
    by = -1


@DEFECTS.step("moved", "A3", "every span starts one frame late")
def start_late(self, path, blank):
    starts = np.diff(path, prepend=-1) != 0
    return np.where(starts, blank, path)


@DEFECTS.step("moved", "A2", "every span ends one frame early")
def end_early(self, path, blank):
    ends = np.diff(path, append=-1) != 0
    return np.where(ends, blank, path)


@DEFECTS.step("moved", "A2", "every span ends one frame late")
def end_late(self, path, blank):
    moved = path.copy()
    late = (np.roll(path, 1) != blank) & (path == blank)
    late[:1] = False
    moved[late] = np.roll(path, 1)[late]
    return moved


@DEFECTS.steps
class LastsUntilNext(PlainAligner):
    bug = "A2"
    words = "a span lasts until the next one begins"

    def moved(self, path, blank):
        self.before = path
        moved = path.copy()
        for t in range(1, len(path)):
            if moved[t] == blank:
                moved[t] = moved[t - 1]
        return moved

    def scores(self, logp, path):
        return super().scores(logp, self.before)


@DEFECTS.step("moved", "A3", "every span starts one frame early")
def start_early(self, path, blank):
    moved = path.copy()
    early = (np.roll(path, -1) != blank) & (path == blank)
    early[-1:] = False
    moved[early] = np.roll(path, -1)[early]
    return moved


@DEFECTS.step("moved", "A2", "a span is only its first frame")
def first_frame_only(self, path, blank):
    starts = np.diff(path, prepend=-1) != 0
    return np.where(starts, path, blank)


@DEFECTS.step("scores", "A4", "scores are added up along the path")
def scores_summed(self, logp, path):
    return np.cumsum(PlainAligner.scores(self, logp, path))


@DEFECTS.step(
    "scores", "A4", "scores are those of the most probable class of a frame, not of the path's"
)
def scores_of_best(self, logp, path):
    return logp.max(axis=1)
