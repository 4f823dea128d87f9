"""A defect that uses other arguments than those that it is given."""

from refkd.verify.lstm.plain import PlainLSTM


class ArgumentsReplaced(PlainLSTM):
    def __init__(self, bug, words, **replaced):
        self.bug, self.words = bug, words
        self.replaced = replaced

    def preprocess(self, arguments):
        return arguments | {name: make(arguments) for name, make in self.replaced.items()}
