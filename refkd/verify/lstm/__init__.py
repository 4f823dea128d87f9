"""The kit for LSTM layers."""
