"""Make the files of this folder from the seed, and enter their checksums: `python datasets/parcels/make.py`.

With `--check` nothing is written; the exit code is 1 if a file differs from what would be made. Compressed
files are compared by content, because another zlib may compress the same text to other bytes.
"""

import gzip
import io
import pathlib
import sys

from holdout.data.loader import write_checksums
from holdout.data.parcels import make_parcels, make_raw

HERE = pathlib.Path(__file__).resolve().parent


def as_csv(frame):
    """The table as bytes: line feeds, minutes, shortest numbers that read back the same."""
    return frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d %H:%M").encode()


def contents():
    """What each file holds, uncompressed.

    Returns
    -------
    dict of str to bytes
    """
    raw = make_raw()
    return {
        "parcels.csv.gz": as_csv(make_parcels()),
        "register.csv.gz": as_csv(raw.register),
        "deliveries.csv.gz": as_csv(raw.deliveries),
        "couriers.csv": as_csv(raw.couriers),
    }


def compress(content):
    """gzip without a time stamp or name, so that the same text gives the same bytes."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=9, mtime=0) as stream:
        stream.write(content)
    return packed.getvalue()


def read(file):
    """Uncompressed content of a file; None if it is not there or damaged."""
    try:
        data = file.read_bytes()
        return gzip.decompress(data) if file.suffix == ".gz" else data
    except (OSError, EOFError):
        return None


def main(arguments):
    """Write what differs, or only name it. Returns the exit code."""
    made = contents()
    changed = [name for name, content in made.items() if read(HERE / name) != content]
    if "--check" in arguments:
        for name in changed:
            print(f"datasets/parcels/{name} is not what make.py makes")
        return 1 if changed else 0
    for name in changed:
        (HERE / name).write_bytes(compress(made[name]) if name.endswith(".gz") else made[name])
        print(f"wrote datasets/parcels/{name}")
    write_checksums([f"parcels/{name}" for name in made], HERE.parent)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
