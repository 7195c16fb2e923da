"""The state of a training on disk."""

import os
from pathlib import Path

import torch

NAME = "checkpoint.pt"


def save(folder, state):
    """Replaces the checkpoint at once: a training that is interrupted leaves the earlier one."""
    path = Path(folder) / NAME
    torch.save(state, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def load(folder):
    """The state, or None without a checkpoint."""
    path = Path(folder) / NAME
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None
