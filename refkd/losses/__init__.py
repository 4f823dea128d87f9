"""Losses: CTC, distillation by every rule, guided CTC, with their gradients and traces."""
