"""When a symbol is emitted: decoding, spikes, their shift and delay, intervals, CTM, TextGrid."""
