"""When a symbol is emitted: decoding, spikes and their shift, delays, intervals, CTM and TextGrid."""
