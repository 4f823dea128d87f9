"""Figures of refkd's records: functions that take numbers, draw, and never show anything."""

from visualize.figures.band import band_figure as band_figure
from visualize.figures.cumulative import cumulative_figure as cumulative_figure
from visualize.figures.delays import delays_figure as delays_figure
from visualize.figures.gates import gates_figure as gates_figure
from visualize.figures.gradients import gradients_figure as gradients_figure
from visualize.figures.lattice import lattice_figure as lattice_figure
from visualize.figures.learning import learning_figure as learning_figure
from visualize.figures.offsets import offsets_figure as offsets_figure
from visualize.figures.rules import rules_figure as rules_figure
from visualize.figures.shift import shift_figure as shift_figure
from visualize.figures.sweep import sweep_figure as sweep_figure
from visualize.figures.sweep import sweep_points as sweep_points
from visualize.figures.toy import toy_figure as toy_figure
from visualize.figures.toy import toy_table as toy_table
from visualize.figures.tradeoff import tradeoff_figure as tradeoff_figure
from visualize.layout.legend import looks_of as looks_of
from visualize.layout.style import in_font as in_font
from visualize.layout.style import in_style as in_style
from visualize.layout.style import new_figure as new_figure
from visualize.output.animate import save_animation as save_animation
from visualize.output.animate import spikes_frames as spikes_frames
from visualize.output.csv import write_numbers as write_numbers
from visualize.output.save import save_figure as save_figure
from visualize.panels.panels import Phones as Phones
from visualize.panels.speech import Speech as Speech
