"""When is what said: decoding, matching of spikes, shift and delay, intervals, CTM and TextGrid."""
