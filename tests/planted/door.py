"""A door to a function of this process."""

from refkd.verify.doors import answered
from refkd.verify.worker import answer


class DirectDoor:
    """Answers calls by a function, as the worker does."""

    def __init__(self, function, kit):
        self.function = function
        self.kit = kit

    def ask(self, calls):
        return [self._ask(call) for call in calls]

    def close(self):
        pass

    def _ask(self, call):
        values = {name: value for name, value in call.arguments.items() if value is not None}
        values["call.memory"] = call.memory
        names, results = list(self.kit.arguments), list(self.kit.results)
        return answered(answer(self.function, names, results, values), results)
