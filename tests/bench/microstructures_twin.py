"""S2 in PyTorch: trains and samples what a run of pipelines/microstructures*.yaml did, on the same images.

    python3 tests/bench/microstructures_twin.py RUN_FOLDER [--seed 0] [--threads 2] [--scales 1,2,3]
        [--most-sigma 1] [--epochs N] [--count N] [--save net.pt]

Sizes, schedule, epochs and sampler come from the run's record unless they are given, and images, their split and
the conditions from its store. Only the random numbers are others: weights at the start, noise and the order of batches. Prints the
three mean errors of `descriptor-errors`, the run's own for each of its cells and the twin's for each scale.
"""

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import film_twin
import unet_twin

NAMES = ["mean G", "std G", "mean O"]


class Run:
    """A run's resolved stages, and the files of its artifacts."""

    def __init__(self, folder):
        record = json.loads((folder / "run.json").read_text())
        self.stages = record["resolved"]["stages"]
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

    def cells(self, stage):
        """Ids of a stage and its cells."""
        return [each for each in self.keys if each.split("@")[0] == stage]


def normalised(values, affine):
    shape = [1, -1] + [1] * (values.ndim - 2)
    scale, offset = (torch.tensor(affine[name]).reshape(shape) for name in ("scale", "offset"))
    return values * scale + offset


def told(labels, maps, marked):
    """Labels as the model is given them, with a 1 behind them where it tells them from zeros that stand for none."""
    z = normalised(labels, maps)
    return torch.cat([z, torch.ones(len(z), 1)], 1) if marked else z


def network(params, condition):
    film_twin.CONDITION = condition
    if params["kind"] == "cond-unet":
        return film_twin.CondUNet()
    plain = {"blocks_per_level": 1, "embedding_width": 32, "time_width": 128, "norm_groups": 8}
    odd = {k: params[k] for k, v in plain.items() if params[k] != v}
    if params["kind"] != "film-unet" or odd or params["attention_levels"] or params["dropout"]:
        raise SystemExit(f"the twin knows no such model: {params}")
    unet_twin.WIDTHS[:] = params["channels"]
    return film_twin.FilmUNet()


def train(params, images, labels, alphas):
    """The weights to sample with: averaged ones where the run has them."""
    net = network(params["model"], labels.shape[1])
    average, decay = copy.deepcopy(net), params.get("ema")
    rate = params["optimizer"]["learning_rate"]
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    batch, steps = params["batch_size"], len(images) // params["batch_size"]
    for epoch in range(params["epochs"]):
        losses = []
        for rows in torch.randperm(len(images))[: steps * batch].reshape(steps, batch):
            x0, z = images[rows], labels[rows]
            kept = torch.rand(batch, 1) >= params["condition_dropout"]
            t = torch.randint(0, len(alphas), (batch,))
            a, noise = alphas[t][:, None, None, None], torch.randn_like(x0)
            signal, sigma = a.sqrt(), (1 - a).sqrt()
            target = noise if params["prediction"] == "epsilon" else signal * noise - sigma * x0
            optimizer.zero_grad(set_to_none=True)
            loss = F.mse_loss(net(signal * x0 + sigma * noise, t.float(), z * kept), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if decay:
                with torch.no_grad():
                    for mean, last in zip(average.parameters(), net.parameters()):
                        mean.lerp_(last, 1 - decay)
        print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.4f}", flush=True)
    return average if decay else net


def trained(path, params, images, labels, alphas):
    """The net of a file where there is one; otherwise it is trained, and kept if there is a path."""
    if path and path.exists():
        return torch.load(path)
    start = time.time()
    net = train(params, images, labels, alphas).eval()
    print(f"trained in {time.time() - start:.0f} s", flush=True)
    if path:
        torch.save(net, path)
    return net


def timesteps(sampler, total):
    steps = sampler.get("steps") or total
    if sampler["kind"] not in ("ddim", "ddpm") or sampler["clip_sample"]:
        raise SystemExit(f"the twin knows no such sampler: {sampler}")
    return [i * (total // steps) for i in reversed(range(steps))]


@torch.no_grad()
def sample(net, prediction, sampler, z, shape, alphas, scale, most_sigma):
    """DDIM with eta 0, or ancestral sampling with the smaller variance, over the timesteps of leading spacing.

    Guided away from no condition where sigma is at most `most_sigma`.
    """
    visited = timesteps(sampler, len(alphas))
    x, nothing = torch.randn(len(z), *shape), torch.zeros_like(z)
    for i, t in enumerate(visited):
        at = torch.full((len(z),), float(t))
        out = net(x, at, z)
        a = float(alphas[t])
        if scale != 1 and math.sqrt((1 - a) / a) <= most_sigma:
            without = net(x, at, nothing)
            out = without + scale * (out - without)
        before = float(alphas[visited[i + 1]]) if i + 1 < len(visited) else 1.0
        if prediction == "epsilon":
            epsilon, x0 = out, (x - math.sqrt(1 - a) * out) / math.sqrt(a)
        else:
            epsilon = math.sqrt(a) * out + math.sqrt(1 - a) * x
            x0 = math.sqrt(a) * x - math.sqrt(1 - a) * out
        if sampler["kind"] == "ddim":
            x = math.sqrt(before) * x0 + math.sqrt(1 - before) * epsilon
            continue
        step = a / before
        mean = math.sqrt(before) * (1 - step) / (1 - a) * x0
        mean += math.sqrt(step) * (1 - before) / (1 - a) * x
        x = mean + math.sqrt((1 - step) * (1 - before) / (1 - a)) * torch.randn_like(x)
    return x


def errors(samples, affine, conditions):
    scale, offset = (torch.tensor(affine[name]).reshape(1, -1, 1, 1) for name in ("scale", "offset"))
    stored = (samples - offset) / scale
    g, o = stored[:, 1].flatten(1), stored[:, 2].flatten(1)
    found = torch.stack([g.mean(1), g.std(1, unbiased=False), o.mean(1)], 1)
    return (found - conditions[:, :3]).abs().mean(0).tolist()


def line(name, how, values):
    numbers = "  ".join(f"{label} {value:.4f}" for label, value in zip(NAMES, values))
    print(f"{name}  {how:<40} {numbers}", flush=True)


def ours(run):
    for stage in run.cells("errors"):
        found = json.loads(run.file(stage, "metrics.json").read_text())["descriptor-errors"]
        values = [found[f"error_{name.lower().replace(' ', '_')}"]["value"] for name in NAMES]
        line("ours", stage.partition("@")[2] or "no guidance", values)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scales", default="1")
    parser.add_argument("--most-sigma", type=float, default=math.inf)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--count", type=int)
    parser.add_argument("--save", type=Path, help="weights: read where the file exists, else written")
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    run = Run(given.run)
    meta = run.manifest("pixels")["meta"]
    images = normalised(run.array("pixels", "train.npy"), meta["affine"])
    maps = meta["labels"]["affine"]
    marked = "marked" in run.manifest("model")["meta"]["condition"]
    labels = told(run.array("pixels", "train_labels.npy"), maps, marked)
    alphas = run.array("noise", "alphas_cumprod.npy").float()
    params, drawn = run.stages["model"], run.stages["samples"]
    params["epochs"] = given.epochs or params["epochs"]
    net = trained(given.save, params, images, labels, alphas)
    ours(run)
    conditions = run.array("pixels", "test_labels.npy")[: given.count or drawn["count"]]
    for scale in (float(each) for each in given.scales.split(",")):
        z = told(conditions, maps, marked)
        how = params["prediction"], drawn["sampler"], z, images.shape[1:], alphas
        found = sample(net, *how, scale, given.most_sigma)
        line("twin", f"guidance {scale}", errors(found, meta["affine"], conditions))


if __name__ == "__main__":
    main()
