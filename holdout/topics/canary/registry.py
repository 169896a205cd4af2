"""A registry of weights: fingerprint, parent, data, evaluation, owner, and what to roll back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdout.lm import LanguageModel
from holdout.lm.checkpoint import digest
from holdout.topics.canary.experiments import Variants


@dataclass(frozen=True)
class RegistryEntry:
    """One set of weights, as governance needs to know it.

    Attributes
    ----------
    name, fingerprint : str
        The fingerprint is that of the weights (`holdout.lm.checkpoint.digest`).
    parent : str or None
        Name of the entry that it was made from.
    data, owner : str
    evaluation : str
        Fingerprint of the questions on which `worst_loss` was measured.
    worst_loss : float
        Net loss of the slice that lost most against the first ancestor, as a share of its questions.
    roll_back_to : str or None
        Name of the entry to serve when this one fails.
    """

    name: str
    fingerprint: str
    parent: str | None
    data: str
    owner: str
    evaluation: str
    worst_loss: float
    roll_back_to: str | None


class Registry:
    """Entries by name. Refuses duplicates, unknown parents and roll-back targets, and entries without an owner.

    Raises
    ------
    ValueError
        From `add`: a name or fingerprint twice, an unknown parent or roll-back target, no owner.
    """

    def __init__(self):
        self._entries: dict[str, RegistryEntry] = {}

    def __len__(self):
        return len(self._entries)

    def __getitem__(self, name: str) -> RegistryEntry:
        if name not in self._entries:
            raise KeyError(f"no entry {name!r}; there are {', '.join(self._entries) or 'none'}")
        return self._entries[name]

    def add(self, entry: RegistryEntry) -> None:
        """Add an entry whose parent and roll-back target are already here."""
        if entry.name in self._entries:
            raise ValueError(f"there is already an entry {entry.name!r}; a name is never given twice")
        twin = next((e.name for e in self._entries.values() if e.fingerprint == entry.fingerprint), None)
        if twin:
            raise ValueError(f"{entry.name!r} has the same weights as {twin!r}; use that entry")
        for role in ("parent", "roll_back_to"):
            target = getattr(entry, role)
            if target is not None and target not in self._entries:
                raise ValueError(
                    f"the {role} of {entry.name!r}, {target!r}, is not in the registry; add it first"
                )
        if not entry.owner.strip():
            raise ValueError(f"{entry.name!r} has no owner; name the person who decides about it")
        self._entries[entry.name] = entry

    def identify(self, model: LanguageModel) -> RegistryEntry | None:
        """The entry whose weights a model serves; None when nobody registered them."""
        fingerprint = digest(model.weights)
        return next((e for e in self._entries.values() if e.fingerprint == fingerprint), None)

    def lineage(self, name: str) -> list[str]:
        """Names from an entry back to the first parent."""
        names = [self[name].name]
        while (parent := self[names[-1]].parent) is not None:
            names.append(parent)
        return names

    def safe_target(self, name: str, evaluation: str, limit: float) -> RegistryEntry | None:
        """Follow roll-back targets to the first entry that, measured on these questions, lost at most `limit` in its worst slice.

        Parameters
        ----------
        name : str
            The entry that fails.
        evaluation : str
            Fingerprint of the questions; losses on other questions do not compare.
        limit : float

        Returns
        -------
        RegistryEntry or None
            None when the chain ends first.
        """
        target = self[name].roll_back_to
        while target is not None:
            entry = self[target]
            if entry.evaluation == evaluation and entry.worst_loss <= limit:
                return entry
            target = entry.roll_back_to
        return None


def registry_of_variants(
    variants: Variants,
    lines: Sequence[tuple[str, str, str | None]],
    *,
    measured_on: Mapping[str, str] | None = None,
) -> Registry:
    """Register recorded variants.

    Parameters
    ----------
    variants : Variants
    lines : sequence of (name, owner, roll-back target)
        In the order in which they are registered: a parent, and a target, before those that name it.
    measured_on : mapping of str to str, optional
        For some names, the only slice on which the variant was measured: `evaluation` then names it ("facts only") instead of the
        canary, and `worst_loss` is the loss there.

    Returns
    -------
    Registry
    """
    registry, measured_on = Registry(), measured_on or {}
    for name, owner, target in lines:
        about = variants.about[variants.names.index(name)]
        losses, part = variants.net_loss(name), measured_on.get(name)
        loss = losses[part] if part else max(losses.values())
        evaluation = f"{part} only" if part else variants.fingerprint
        registry.add(
            RegistryEntry(
                name,
                about["weights"],
                about["parent"],
                about["made"],
                owner,
                evaluation,
                round(loss, 3),
                target,
            )
        )
    return registry
