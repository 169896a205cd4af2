"""Ticks that are as wide for every range of a live figure."""

import matplotlib.pyplot as plt

from holdout.figures.axes import padded_ticks


def test_padded_ticks_take_the_same_room_for_every_range():
    figure, ax = plt.subplots()
    padded_ticks(ax.yaxis, 4)
    write = ax.yaxis.get_major_formatter()
    labels = {number: ax.text(0.5, 0.5, write(number, 0)) for number in (8, 80, -300)}
    widths = [label.get_window_extent(figure.canvas.get_renderer()).width for label in labels.values()]
    plt.close(figure)
    assert [label.get_text().strip("\u2007") for label in labels.values()] == ["8", "80", "−300"]
    assert max(widths) < 1.15 * min(widths)
