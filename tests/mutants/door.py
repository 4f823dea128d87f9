"""A door to a function of this process."""

import warnings

from refkd.verify.python_runner import answered
from refkd.verify.worker import answer


class DirectDoor:
    """Answers calls by a function, as the worker does."""

    def __init__(self, function, kit, told=None):
        self.function = function
        self.names, self.results = kit.signature(told or {})

    def ask(self, calls):
        return [self._ask(call) for call in calls]

    def close(self):
        pass

    def _ask(self, call):
        values = {name: value for name, value in call.arguments.items() if value is not None}
        values["call.memory"] = call.memory
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no warning of the function is an error of the test
            reply = answer(self.function, self.names, self.results, values)
        return answered(reply, self.results)
