"""When each symbol is emitted: decoding, matching of spikes, shift and delay, intervals, CTM and TextGrid."""
