"""How much one submission may use. Plain numbers, shared by the grader and the sandbox."""

from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class Limits:
    """What a submission may use while it is executed.

    Parameters
    ----------
    cell_seconds, probe_seconds, notebook_seconds : float
        Processor time of one cell, of one probe, and of all cells together. A cell or probe over its time
        is interrupted; if it does not let itself be interrupted within `grace_seconds`, its process is
        killed.
    wall_factor : float
        So many times as long each of them may take by the clock, for what waits or runs on a busy machine.
    grace_seconds : float
        Processor time that an interrupted cell or probe has to say that it stopped.
    memory : int
        Bytes that the submission may allocate beyond what the preloaded libraries take; each process may
        reserve that much, and all of them together may hold that much.
    processes : int
        Processes and threads that exist at one time.
    disk : int
        Bytes in its private file system, which lives in memory.
    cell_output_bytes, output_bytes : int
        Output kept of one cell and of all. The rest is dropped with a notice.
    probe_bytes, result_bytes : int
        Size of the result of one probe and of all, as JSON.
    """

    cell_seconds: float = 30.0
    probe_seconds: float = 10.0
    notebook_seconds: float = 300.0
    wall_factor: float = 3.0
    grace_seconds: float = 2.0
    memory: int = 2 << 30
    processes: int = 32
    disk: int = 128 << 20
    cell_output_bytes: int = 1_000_000
    output_bytes: int = 10_000_000
    probe_bytes: int = 8_000_000
    result_bytes: int = 64_000_000

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                raise ValueError(f"the limit {field.name} must be a positive number, not {value!r}")

    def as_dict(self) -> dict:
        """The limits as plain JSON, to be sent into the sandbox."""
        return asdict(self)
