"""Reads a finished run: its resolved stages, and the arrays and weights of its artifacts, from the store beside it."""

import json

import numpy as np
import torch


class Run:
    """A run by its folder, as `runs/<id>`."""

    def __init__(self, folder):
        record = json.loads((folder / "run.json").read_text())
        self.stages = record["resolved"]["stages"]
        self.seed = record["resolved"]["seed"]
        self.keys = {stage["id"]: stage["key"] for stage in record["stages"]}
        self.store = folder.parent / "store"

    def manifest(self, stage):
        key = self.keys[stage]
        return json.loads((self.store / "keys" / key[:2] / f"{key}.json").read_text())

    def file(self, stage, name):
        digest = self.manifest(stage)["files"][name]["digest"]
        return self.store / "blobs" / digest[:2] / digest

    def array(self, stage, name):
        return torch.from_numpy(np.load(self.file(stage, name)))

    def weights(self, stage):
        """The weights that a model is sampled with: the averaged ones where it has them. By name, float32."""
        files = self.manifest(stage)["files"]
        name = "ema.safetensors" if "ema.safetensors" in files else "weights.safetensors"
        return read_safetensors(self.file(stage, name).read_bytes())

    def cells(self, stage):
        """Ids of a stage and its cells."""
        return [each for each in self.keys if each.split("@")[0] == stage]


def read_safetensors(data):
    """Tensors of a file of float32: eight bytes of the header's length, the header in JSON, the numbers."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    numbers = data[8 + length :]
    return {
        name: torch.from_numpy(np.frombuffer(numbers[slice(*each["data_offsets"])], "<f4").copy())
        .reshape(each["shape"])
        for name, each in header.items()
    }
