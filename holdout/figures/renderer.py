"""Draws a figure again and again, quickly: only what changed is redrawn, over a stored background
(blitting).

Knows matplotlib and Pillow. Knows no widget, no kernel and no lesson.

A full draw of axes costs about 30 ms, nearly all of it for ticks and their text; the curve that moved costs
1 ms. So a ``BlittingRenderer`` runs the update, asks every artist whether it changed (matplotlib's own ``stale``
flag), and keeps the rest as pixels. The result is the same, pixel for pixel, as a full draw: whatever lies
above a moving artist is drawn again too. Only axes that overlap (twins) may differ: each is drawn over the
background of the other.
"""

import copy
import functools
import io
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text
from matplotlib.ticker import (
    AutoLocator,
    FixedFormatter,
    FixedLocator,
    FuncFormatter,
    LogFormatterSciNotation,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
    PercentFormatter,
    StrMethodFormatter,
)
from PIL import Image as Pillow

# One background of a 7 x 4 inch figure at 200 dpi is 4.5 MB; eight serve a slider that comes back.
_BACKGROUNDS = 8


def _no_further_removal():
    """Stands in for ``remove`` of an artist that the renderer has taken away: the update may do so as well."""


class BlittingRenderer:
    """Repeated drawing of one figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Laid out once, at the first ``paint``; after that the axes keep their place, so that nothing jumps.
    colors : iterable of matplotlib colours
        Colours that updates are likely to use, for the palette of the encoded pictures.
    """

    def __init__(self, figure, colors=()):
        self.figure = figure
        self._canvas = FigureCanvasAgg(figure)
        self._colors = tuple(colors)
        self._palette = None
        self._moving = []  # artists that were there before, and that some update has changed
        self._transient = []  # artists that the last update made
        self._containers = []  # (axes, container): groups of bars and the like that the last update made
        self._lowest = {}  # axes (None: the figure) -> lowest zorder that moved there so far
        self._backgrounds = OrderedDict()
        self._cycles = {}  # maker of lines or fills in some axes -> its colour cycle before the first update
        self._extents = {}  # axes -> the extent of their data before the first update
        self._placed_by_layout = {}  # texts of the figure -> the height that the layout gave them
        self._laid_out = False

    # -- noticing
    def change(self, update: Callable[[], object]) -> tuple[object, bool]:
        """Run ``update`` and note what it changed.

        Artists that the previous update made are removed first, so an update may simply draw what it needs.

        Parameters
        ----------
        update : callable without arguments

        Returns
        -------
        result : object
            What ``update`` returned.
        changed : bool
            Whether anything in the figure changed.
        """
        self._remove_transient()
        self._rewind_colour_cycles()
        self._rewind_data_limits()
        before = artist_list(self.figure)
        axes = list(self.figure.axes)
        for artist in before:
            _settle(artist)
        targets = {a: _target(a) for a in before}
        grouped = {id(container) for ax in axes for container in ax.containers}
        state = self._state()
        try:
            result = update()
        except BaseException:
            self._note(before, targets)
            self._backgrounds.clear()
            raise
        finally:
            self._containers = [(ax, c) for ax in axes for c in ax.containers if id(c) not in grouped]
        added = [ax for ax in self.figure.axes if ax not in axes]
        if added:
            for ax in added:
                ax.remove()
            raise ValueError(
                f"The update made {len(added)} new axes (a colour bar or twin axes, perhaps). "
                "Make them once, before the update, and only change what is in them."
            )
        changed = self._note(before, targets)
        return result, changed or state != self._state()

    def _note(self, before, targets):
        after = artist_list(self.figure)
        known = set(before)
        present = set(after)
        self._transient = [a for a in after if a not in known]
        touched = {a for a in before if a in present and (_changed(a) or targets[a] != _target(a))}
        moved = touched | set(self._transient)
        touched |= {a for a in before if a in present and any(t in moved for t in getattr(a, "follows", ()))}
        gone = known - present
        fresh = [a for a in before if a in touched and a not in self._moving]
        self._moving = [a for a in self._moving if a in present] + [a for a in fresh if _can_move(a)]
        # spines and the background patch of the axes cannot be drawn alone: never in _moving, they always come by here
        if gone or fresh:
            self._backgrounds.clear()
        for artist in [*self._moving, *self._transient]:
            if artist.get_zorder() < self._lowest.get(artist.axes, np.inf):
                self._lowest[artist.axes] = artist.get_zorder()
                self._backgrounds.clear()
        return bool(touched or gone or self._transient)

    def _remove_transient(self):
        for artist in self._transient:
            try:
                artist.remove()
            except (NotImplementedError, ValueError):
                continue  # the update removed it itself, or axes that it cleared own it (a title)
            artist.remove = _no_further_removal
        self._transient = []
        # the axes keep the group when its bars are gone, and a legend would list it
        for ax, container in self._containers:
            ax.containers[:] = [kept for kept in ax.containers if kept is not container]
        self._containers = []

    def _rewind_colour_cycles(self):
        """Let each update start at the same colour of the cycle: no picture depends on those before it."""
        for ax in self.figure.axes:
            for artist_maker in (
                ax._get_lines,
                ax._get_patches_for_fill,
            ):  # no public way to ask or to set it
                # matplotlib 3.11 keeps the place in an object, 3.10 (Python in the browser has that) in a number
                name = "_prop_cycle" if hasattr(artist_maker, "_prop_cycle") else "_idx"
                first = self._cycles.setdefault(artist_maker, copy.copy(getattr(artist_maker, name)))
                setattr(artist_maker, name, copy.copy(first))

    def _rewind_data_limits(self):
        """Let each update find the extent of the data as it was before the first one.

        matplotlib only widens it when artists are added and does not narrow it when they are removed, so axes whose
        limits follow the data would depend on the pictures before.
        """
        for ax in self.figure.axes:
            now = ax.dataLim.get_points(), ax.dataLim.minpos
            first = self._extents.setdefault(ax, (*map(np.copy, now), ax.ignore_existing_data_limits))
            if not all(map(np.array_equal, now, first)):
                ax.dataLim.set_points(first[0].copy())
                ax.dataLim.minpos[:] = first[1]
                ax.ignore_existing_data_limits = first[2]
                ax._request_autoscale_view()  # no public way to ask for it at the next draw

    def _state(self):
        """What an update may change in the background: limits, scales, ticks, names of the axes."""
        return tuple(_axes_state(ax) for ax in self.figure.axes)

    # -- drawing
    def paint(self) -> memoryview:
        """Draw the figure as the last update left it.

        Returns
        -------
        memoryview, shape (height, width, 4), uint8
            Red, green, blue and alpha. Valid until the next ``paint``.
        """
        if not self._laid_out:
            self._lay_out()
        for text, height in self._placed_by_layout.items():
            text.set_y(height)
        for ax in self.figure.axes:
            if ax.get_aspect() != "auto":
                ax.apply_aspect()
        layers = self._layers()
        key = self._state()
        if key not in self._backgrounds:
            self._backgrounds[key] = self._draw_background(layers)
            while len(self._backgrounds) > _BACKGROUNDS:
                self._backgrounds.popitem(last=False)
        self._backgrounds.move_to_end(key)
        self._canvas.restore_region(self._backgrounds[key])
        renderer = self._canvas.get_renderer()
        for artist in layers:
            artist.draw(renderer)
        return self._canvas.buffer_rgba()

    def cut_words(self) -> list[str]:
        """Titles, other free texts and ticks of an axis, as the last update left them, that the edge of the picture cuts.

        A text is looked at from left to right, the ticks and the name of an axis on all sides.
        """
        renderer = self._canvas.get_renderer()
        texts = list(self.figure.texts)
        for ax in self.figure.axes:
            titles = {ax.get_title(loc=place) for place in ("left", "center", "right")}
            texts += [
                part
                for part in ax.get_children()
                if isinstance(part, Text) and (part in ax.texts or part.get_text() in titles)
            ]
        cut = [
            text.get_text()
            for text in texts
            if text.get_text().strip()
            and text.get_visible()
            and not (text.get_clip_on() and text.get_clip_box())
            and not _between(text.get_window_extent(renderer), self.figure.bbox)
        ]
        for axis in [axis for ax in self.figure.axes if ax.get_visible() for axis in (ax.xaxis, ax.yaxis)]:
            extent = axis.get_tightbbox(renderer)
            if extent is not None and not _within(extent, self.figure.bbox):
                cut.append(axis.get_label_text() or f"ticks of the {axis.axis_name} axis")
        return cut

    def _lay_out(self):
        heights = {text: text.get_position()[1] for text in self.figure.texts}
        self._canvas.draw()
        self.figure.set_layout_engine("none")
        # the figure's title; setting it again puts it back to where it would be without a layout
        moved = [text for text, height in heights.items() if text.get_position()[1] != height]
        self._placed_by_layout = {text: text.get_position()[1] for text in moved}
        self._laid_out = True

    def _draw_background(self, layers):
        for artist in layers:
            artist.set_animated(True)  # left out of a full draw
        try:
            self._canvas.draw()
        finally:
            for artist in layers:
                artist.set_animated(False)
        return self._canvas.copy_from_bbox(self.figure.bbox)

    def _layers(self):
        """What is drawn for each frame, in drawing order: what moves and what lies above it."""
        moving = {*self._moving, *self._transient}
        layers = []
        for ax in sorted(self.figure.axes, key=lambda ax: ax.get_zorder()):
            if ax in self._lowest and ax.get_visible():
                layers += _above(_drawn(ax), self._lowest[ax], moving)
        if None in self._lowest:
            children = [
                a
                for a in self.figure.get_children()
                if a is not self.figure.patch and a not in self.figure.axes
            ]
            layers += _above(children, self._lowest[None], moving)
        return layers

    # -- encoding
    def screen(self) -> tuple[bytes, str]:
        """The picture for the screen: PNG with a palette, encoded in 4 ms; WebP where a palette would show.

        Returns
        -------
        picture : bytes
        kind : str
            ``"png"`` or ``"webp"``.
        """
        picture = self._picture().convert("RGB")
        if self._palette is None:
            self._palette = Palette(picture, self._colors)
        reduced = self._palette.reduce(picture)
        if reduced is None:
            return _encoded(picture, "webp", quality=85, method=0), "webp"
        return _encoded(reduced, "png", compress_level=1), "png"

    def png(self) -> bytes:
        """The picture for files: PNG, the same bytes for the same figure (no date, no software name).

        Returns
        -------
        bytes
        """
        return _encoded(self._picture().convert("RGB"), "png", compress_level=9)

    def _picture(self):
        pixels = self.paint()
        height, width = pixels.shape[:2]
        # the background is opaque: the fourth byte is read as padding, without a copy
        return Pillow.frombuffer("RGBX", (width, height), pixels, "raw", "RGBX", 0, 1)


class Palette:
    """At most 256 colours that stand for those of a chart: those of its first picture and some more.

    Measured on 1400 by 800 pixels (CPU time): this way 6 ms and 27 kB; WebP 13 ms and 30 kB; lossless WebP
    19 ms and 146 kB; PNG 17 ms and 67 kB.

    Parameters
    ----------
    picture : PIL.Image.Image
        Mode RGB.
    colors : iterable of matplotlib colours
        Colours that may appear later; their blends with white are kept too, for edges and transparent fills.
    """

    def __init__(self, picture, colors):
        # Pillow looks colours up by their upper six bits, so the palette is built from those alone ...
        upper = Pillow.fromarray(np.asarray(picture) & 0xFC)
        used = upper.quantize(150, method=Pillow.Quantize.MAXCOVERAGE, dither=Pillow.Dither.NONE)
        steps = np.linspace(0, 1, 13)[1:, None]
        blends = [255 * (1 - steps * (1 - np.array(to_rgb(color)))) for color in colors]
        greys = np.repeat(np.linspace(0, 255, 12)[:, None], 3, axis=1)
        wanted = np.vstack([greys, np.array(used.getpalette()).reshape(-1, 3), *blends]).astype(int) & 0xFC
        _, places = np.unique(wanted, axis=0, return_index=True)
        snapped = wanted[np.sort(places)][:256].astype(np.uint8)
        self._lookup = Pillow.new("P", (1, 1))
        self._lookup.putpalette(snapped.tobytes())
        # ... and shown with the lost bits filled in: white is white again
        self._shown = snapped | snapped >> 6

    def reduce(self, picture: Pillow.Image) -> Pillow.Image | None:
        """The picture in the colours of the palette, or None when the loss would show.

        Parameters
        ----------
        picture : PIL.Image.Image
            Mode RGB.

        Returns
        -------
        PIL.Image.Image or None
            Mode P.
        """
        reduced = picture.quantize(palette=self._lookup, dither=Pillow.Dither.NONE)
        reduced.putpalette(self._shown.tobytes())
        sample = np.asarray(picture)[::4, ::4].astype(np.int16)
        loss = np.abs(sample - self._shown[np.asarray(reduced)[::4, ::4]]).max(axis=2)
        # edges between two colours may miss by 44; more than a few points beyond that: a colour is lacking
        return None if np.count_nonzero(loss > 48) > 8 else reduced


_SLACK = 3
"""Pixels by which a text may seem to leave the picture: the box around it has a margin."""


def _between(extent, picture):
    return extent.x0 >= picture.x0 - _SLACK and extent.x1 <= picture.x1 + _SLACK


def _within(extent, picture):
    return _between(extent, picture) and extent.y0 >= picture.y0 - _SLACK and extent.y1 <= picture.y1 + _SLACK


def _encoded(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def artist_list(figure: Figure) -> list:
    """Artists that an update can change, in drawing order of their owners, without the axes themselves."""
    found = [a for a in figure.get_children() if a is not figure.patch and a not in figure.axes]
    for ax in figure.axes:
        found += [a for a in ax.get_children() if not isinstance(a, Axis)]
    return found


def _parts(artist):
    """An artist and, where it is made of others (a legend, a table), its parts."""
    if isinstance(artist, Line2D | Patch | Collection | AxesImage | Text):
        return [artist]
    return artist.findobj()


def _settle(artist):
    for part in _parts(artist):
        part.stale = False


def _changed(artist):
    return any(part.stale for part in _parts(artist))


def _target(artist):
    return (artist.xy, artist.xyann) if isinstance(artist, Annotation) else ()


def _can_move(artist):
    return not isinstance(artist, Spine) and (artist.axes is None or artist is not artist.axes.patch)


def _drawn(ax):
    """Children of ``ax`` as a full draw orders them, without its background patch."""
    children = [a for a in ax.get_children() if a is not ax.patch]
    if not (ax.axison and ax.get_frame_on()):
        children = [a for a in children if not isinstance(a, Spine)]
    if not ax.axison:
        children = [a for a in children if not isinstance(a, Axis)]
    return children


def _above(children, lowest, moving):
    chosen = [a for a in children if a in moving or a.get_zorder() >= lowest]
    return sorted(chosen, key=lambda a: a.get_zorder())


def _axes_state(ax):
    return (
        ax.get_visible(),
        ax.axison,
        ax.get_aspect(),
        ax.get_position().bounds,
        *(
            _axis_state(axis, limits)
            for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim()))
        ),
    )


def _axis_state(axis, limits):
    locator, formatter, label = (
        axis.get_major_locator(),
        axis.get_major_formatter(),
        axis.label,
    )
    return (
        limits,
        axis.get_visible(),
        axis.get_scale(),
        _identity(locator),
        _identity(formatter),
        repr(axis.get_tick_params()),
        (
            label.get_text(),
            label.get_color(),
            label.get_fontsize(),
            label.get_visible(),
        ),
    )


# What makes two locators or two formatters of a kind equal. An update may set them anew each time, as set_xscale("log")
# does; the background is kept when nothing about them differs. What follows from the limits is not listed.
_SETTINGS = {
    NullLocator: (),
    FixedLocator: ("locs", "nbins"),
    AutoLocator: (),
    MaxNLocator: ("_nbins", "_integer", "_symmetric", "_prune", "_min_n_ticks", "_steps"),
    LogLocator: ("_base", "_subs", "numticks"),
    NullFormatter: (),
    FixedFormatter: ("seq", "offset_string"),
    LogFormatterSciNotation: ("_base", "labelOnlyBase", "minor_thresholds"),
    StrMethodFormatter: ("fmt",),
    PercentFormatter: ("xmax", "decimals", "_symbol", "_is_latex"),
}


def _identity(tool):
    """A locator or formatter: equal to another when both are of one kind and have the same settings."""
    if type(tool) is FuncFormatter and isinstance(tool.func, functools.partial):
        # what set_xticks(places, names) makes
        return FuncFormatter, tool.func.func, repr(tool.func.args), repr(tool.func.keywords)
    names = _SETTINGS.get(type(tool))
    return tool if names is None else (type(tool), *(repr(getattr(tool, name)) for name in names))
