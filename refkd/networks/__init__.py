"""Networks: LSTM and plain cell, stacks of them forward and backward, weights, streaming."""
