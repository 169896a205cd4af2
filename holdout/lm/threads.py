"""One thread for matrix products: at this size several threads cost more in waiting than they gain.

Measured on a busy two-core machine: 250 steps of fine-tuning took 2 s of CPU with one thread and 32 s with
two.
"""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def one_thread() -> threadpool_limits:
    """Use one thread from now on, or only inside `with one_thread():`. Notebooks call it in their first
    cell."""
    return threadpool_limits(limits=1, user_api="blas")
