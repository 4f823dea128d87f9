"""Figures of refkd's records: functions that take numbers, draw, and never show anything."""

from visualize.animate import save_animation as save_animation
from visualize.animate import spikes_frames as spikes_frames
from visualize.band import band_figure as band_figure
from visualize.cumulative import cumulative_figure as cumulative_figure
from visualize.delays import delays_figure as delays_figure
from visualize.gates import gates_figure as gates_figure
from visualize.gradients import gradients_figure as gradients_figure
from visualize.key import looks_of as looks_of
from visualize.lattice import lattice_figure as lattice_figure
from visualize.learning import learning_figure as learning_figure
from visualize.numbers import write_numbers as write_numbers
from visualize.offsets import offsets_figure as offsets_figure
from visualize.panels import Phones as Phones
from visualize.rules import rules_figure as rules_figure
from visualize.save import save_figure as save_figure
from visualize.shift import shift_figure as shift_figure
from visualize.speech import Speech as Speech
from visualize.style import in_font as in_font
from visualize.style import in_style as in_style
from visualize.style import new_figure as new_figure
from visualize.sweep import sweep_figure as sweep_figure
from visualize.sweep_points import sweep_points as sweep_points
from visualize.toy import toy_figure as toy_figure
from visualize.toy import toy_table as toy_table
from visualize.tradeoff import tradeoff_figure as tradeoff_figure
