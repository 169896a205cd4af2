"""Execute a lesson's script and keep what a reader without a kernel needs: pictures and text, no widget state."""

import os
import re
import tempfile

import nbclient
import nbformat
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from grader.authoring.notebooks import NotebookError
from holdout.checks.run_checks import KERNEL_ENVIRONMENT, STARTUP_SECONDS, never_started

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_LEFT_OUT = "widget_left_out"
"""In the metadata of a saved output, below `holdout`."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


# Run after the last cell and not kept. A figure that nobody can reach any more is not there either.
_TRY_THE_FIGURES = """
import gc, sys
if _stage := sys.modules.get("holdout.figures.stage"):
    for _figure in [thing for thing in gc.get_objects() if isinstance(thing, (_stage.LiveFigure, _stage.Flipbook))]:
        _figure.try_ends()
"""


def execute_lesson(
    script: nbformat.NotebookNode,
    folder: str | os.PathLike,
    *,
    cell_timeout: int = 120,
    before: str = "",
    after: str = _TRY_THE_FIGURES,
) -> nbformat.NotebookNode:
    """Run all cells of a lesson in a fresh kernel.

    Parameters
    ----------
    script : nbformat.NotebookNode
        As ``notebooks.read_script`` gives it; not changed.
    folder : path
        Working directory of the kernel (the folder that the notebook will be in).
    cell_timeout : int
        Seconds a cell may take.
    before, after : str
        Code that runs before the first and after the last cell, and is not kept. By default every live figure is drawn at
        both ends of each slider at the end.

    Returns
    -------
    nbformat.NotebookNode
        Executed. Widget views are dropped and the fallback pictures and texts kept, which say so in their metadata: without
        its state a saved view shows nothing, and its ids are the only thing that differs between two executions.

    Raises
    ------
    NotebookError
        If a cell raises or writes to stderr (a warning in a lesson is a defect), or a live figure fails at an end of one
        of its sliders.
    """
    notebook = nbformat.from_dict(script)
    notebook.cells = [nbformat.v4.new_code_cell(before), *notebook.cells, nbformat.v4.new_code_cell(after)]
    with tempfile.TemporaryDirectory() as runtime:
        manager = AsyncKernelManager(
            kernel_name="python3", connection_file=os.path.join(runtime, "kernel.json")
        )
        client = nbclient.NotebookClient(
            notebook,
            km=manager,
            timeout=cell_timeout,
            startup_timeout=STARTUP_SECONDS,
            resources={"metadata": {"path": str(folder)}},
            store_widget_state=False,
            record_timing=False,
            extra_arguments=["--IPKernelApp.log_level=40"],  # no warning of the kernel about itself
        )
        try:
            client.execute(env={**os.environ, **KERNEL_ENVIRONMENT})
        except nbclient.exceptions.CellExecutionError as error:
            raise NotebookError(f"a cell raised an exception:\n{_COLOUR.sub('', str(error))}") from None
        except nbclient.exceptions.CellTimeoutError:
            raise NotebookError(f"a cell took longer than {cell_timeout} s") from None
        except nbclient.exceptions.DeadKernelError:
            raise NotebookError("its kernel ended while a cell ran; out of memory, perhaps") from None
        except RuntimeError as error:
            if never_started(client, error):
                raise NotebookError(
                    f"its kernel did not start within {STARTUP_SECONDS} s; is the machine busy?"
                ) from None
            raise
        finally:
            # nbclient leaves a kernel that was given to it running
            if manager.has_kernel:
                run_sync(manager.shutdown_kernel)(now=True)
    notebook.cells = notebook.cells[1:-1]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_kept(output, cell) for output in cell.outputs]
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = nbformat.from_dict({"name": "python"})
    return notebook


def _kept(output, cell):
    if output.get("name") == "stderr":
        raise NotebookError(f"a cell writes to stderr: {output.text.strip()[:300]}\nin: {cell.source[:200]}")
    data = output.get("data", {})
    if len(data) > 1:
        if data.pop(WIDGET_VIEW, None):
            output.metadata["holdout"] = {WIDGET_LEFT_OUT: True}
        output.get("metadata", {}).pop(WIDGET_VIEW, None)
    return output


def stands_for_a_widget(output: nbformat.NotebookNode) -> bool:
    """Whether a saved output is what is left of a widget without its kernel."""
    return bool(output.get("metadata", {}).get("holdout", {}).get(WIDGET_LEFT_OUT))
