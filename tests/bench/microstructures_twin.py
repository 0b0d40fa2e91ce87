"""S2 in PyTorch: trains and samples what a run of pipelines/microstructures*.yaml did, on the same images.

    python3 tests/bench/microstructures_twin.py RUN [--seed N] [--threads 2] [--scales 1,2,3] [--most-sigma 1]
        [--save weights.pt]

Sizes, schedule, epochs and sampler come from the run's record, and images, their split and the conditions from its
store. The random numbers are the run's too: weights at the start, batches, timesteps, noise, dropped conditions, and
the noise that samples start from. Both sides then compute the same, up to what rounding grows into, and the losses of
the first steps are printed beside each other. With --seed all of them are others.

Prints the three mean errors of `descriptor-errors`: the run's own for each of its cells, and for each scale those of
both sides' weights, sampled here from the same noise, with the difference of the two and its standard error.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from run_store import Run

sys.path.append(str(Path(__file__).parents[1] / "fixtures"))
from film_unet_20_steps import film_unet  # noqa: E402
from squares import normals, permutation, random_key, uniforms  # noqa: E402
from twenty_steps import Weights  # noqa: E402

NAMES = ["mean G", "std G", "mean O"]
SHOWN_STEPS = [0, 1, 10, 100, 500]


class Draws:
    """The random numbers of a training and a sampling, as the programs draw them (src/base/random.ts)."""

    def __init__(self, seed):
        self.seed = seed

    def uniform(self, purpose, streams):
        return torch.from_numpy(uniforms(random_key(self.seed, purpose), streams, 1))

    def normal(self, purpose, streams, shape):
        flat = normals(random_key(self.seed, purpose), streams, math.prod(shape))
        return torch.from_numpy(flat).reshape(len(streams), *shape)

    def order(self, epoch, count):
        return torch.from_numpy(permutation(random_key(self.seed, "shuffle"), epoch, count))


def cond_unet(w, x, t, condition, sizes):
    full, half = sizes["channels"]

    def film(name, x):
        hidden = F.relu(w.linear(f"{name}.hidden", condition, sizes["film_width"]))
        gamma, beta = w.linear(f"{name}.out", hidden, 2 * x.shape[1])[:, :, None, None].chunk(2, 1)
        return gamma * x + beta

    h = F.relu(film("film1", w.conv("conv1", x, full, 3)))
    h = F.relu(film("film2", w.conv("conv2", h, half, 3, stride=2, padding=1)))
    return w.conv("out", F.relu(w.grow("up", h, full, 4, x.shape[2])), x.shape[1], 3)


def network(params):
    """The net as a function of weights, images, timesteps and conditions."""
    if params["kind"] == "cond-unet":
        return lambda *inputs: cond_unet(*inputs, params)
    plain = {"blocks_per_level": 1, "norm": "group", "activation": "silu", "dropout": 0}
    odd = {name: params[name] for name, value in plain.items() if params.get(name, value) != value}
    if params["kind"] != "film-unet" or odd or params["attention_levels"]:
        raise SystemExit(f"the twin knows no such model: {params}")
    return lambda *inputs: film_unet(*inputs, params)


def rate_of(step, rate, schedule):
    """Of a step counted from 1, as kernels/optimizers/learning_rate.ts."""
    warmup, decay = schedule.get("warmup_steps", 0), schedule.get("decay_steps")
    if step < warmup:
        return rate * step / warmup
    if schedule["kind"] == "constant":
        return rate
    if schedule["kind"] != "cosine":
        raise SystemExit(f"the twin knows no such schedule: {schedule}")
    share = min(1, (step - warmup) / (decay - warmup))
    return rate * (1 + math.cos(math.pi * share)) / 2


def told(labels, maps, marked):
    """Labels as the model is given them, with a 1 behind them where it tells them from zeros that stand for none."""
    z = normalised(labels, maps)
    return torch.cat([z, torch.ones(len(z), 1)], 1) if marked else z


def normalised(values, affine):
    shape = [1, -1] + [1] * (values.ndim - 2)
    scale, offset = (torch.tensor(affine[name]).reshape(shape) for name in ("scale", "offset"))
    return values * scale + offset


def train(params, images, labels, alphas, draws, ours):
    """The weights to sample with: averaged ones where the run has them."""
    net, w = network(params["model"]), Weights(torch.float32, draws.seed)
    with torch.no_grad():
        net(w, images[:1], torch.zeros(1), labels[:1])
    optimizer = torch.optim.Adam(w.tensors.values(), lr=1)
    average, decay = {name: p.detach().clone() for name, p in w.tensors.items()}, params.get("ema")
    batch, dropout = params["batch_size"], params["condition_dropout"]
    per_epoch, start = len(images) // batch, time.time()
    for step in range(params["epochs"] * per_epoch):
        if step % per_epoch == 0:
            order, losses = draws.order(step // per_epoch, len(images)), []
        rows = order[step % per_epoch * batch :][:batch]
        streams = np.arange(step * batch, (step + 1) * batch)
        x0, z = images[rows], labels[rows]
        noise = draws.normal("noise", streams, x0.shape[1:])
        t = (draws.uniform("timestep", streams)[:, 0] * len(alphas)).floor()
        t = t.clamp(max=len(alphas) - 1)
        if dropout:
            z = z * (draws.uniform("condition-dropout", streams) > dropout)
        a = alphas[t.long()][:, None, None, None]
        signal, sigma = a.sqrt(), (1 - a).sqrt()
        target = noise if params["prediction"] == "epsilon" else signal * noise - sigma * x0
        loss = F.mse_loss(net(w, signal * x0 + sigma * noise, t, z), target)
        for group in optimizer.param_groups:
            group["lr"] = rate_of(
                step + 1, params["optimizer"]["learning_rate"], params["learning_rate_schedule"]
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step in SHOWN_STEPS:
            print(f"step {step}: loss {loss.item():.6f}, ours {ours[step]:.6f}", flush=True)
        if decay:
            with torch.no_grad():
                for name, mean in average.items():
                    mean.lerp_(w.tensors[name], 1 - decay)
        if (step + 1) % per_epoch == 0:
            seen = ours[step + 1 - per_epoch : step + 1].mean()
            epoch = (step + 1) // per_epoch
            print(f"epoch {epoch}: loss {np.mean(losses):.5f}, ours {seen:.5f}", flush=True)
    print(f"trained in {time.time() - start:.0f} s", flush=True)
    return average if decay else {name: p.detach() for name, p in w.tensors.items()}


def trained(path, *training):
    """The weights of a file where there is one; otherwise they are trained, and kept if there is a path."""
    if path and path.exists():
        return torch.load(path)
    weights = train(*training)
    if path:
        torch.save(weights, path)
    return weights


def timesteps(sampler, total):
    steps = sampler.get("steps") or total
    if sampler["kind"] not in ("ddim", "ddpm") or sampler["clip_sample"]:
        raise SystemExit(f"the twin knows no such sampler: {sampler}")
    return [i * (total // steps) for i in reversed(range(steps))]


@torch.no_grad()
def sample(net, prediction, sampler, z, shape, alphas, draws, scale, most_sigma):
    """DDIM with eta 0, or ancestral sampling with the smaller variance, over the timesteps of leading spacing.

    Guided away from no condition where sigma is at most `most_sigma`.
    """
    visited, numbers = timesteps(sampler, len(alphas)), np.arange(len(z))
    x, nothing = draws.normal("sample/start", numbers, shape), torch.zeros_like(z)
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
        noise = draws.normal("sample/step", numbers * 2**16 + i, shape)
        x = mean + math.sqrt((1 - step) * (1 - before) / (1 - a)) * noise
    return x


def errors(samples, affine, conditions):
    """[samples, 3], in pixels, pixels and radians."""
    scale, offset = (torch.tensor(affine[name]).reshape(1, -1, 1, 1) for name in ("scale", "offset"))
    stored = (samples - offset) / scale
    g, o = stored[:, 1].flatten(1), stored[:, 2].flatten(1)
    found = torch.stack([g.mean(1), g.std(1, unbiased=False), o.mean(1)], 1)
    return (found - conditions[:, :3]).abs()


def line(name, how, values, deviations=None):
    shown = [f"{value:.4f}" for value in values]
    if deviations is not None:
        shown = [f"{each} ± {deviation:.4f}" for each, deviation in zip(shown, deviations)]
    numbers = "  ".join(f"{label} {each}" for label, each in zip(NAMES, shown))
    print(f"{name:<12} {how:<40} {numbers}", flush=True)


def ours(run):
    for stage in run.cells("errors"):
        found = json.loads(run.file(stage, "metrics.json").read_text())["descriptor-errors"]
        values = [found[f"error_{name.lower().replace(' ', '_')}"]["value"] for name in NAMES]
        line("ours", stage.partition("@")[2] or "no guidance", values)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--seed", type=int, help="other random numbers than the run's")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scales", default="1")
    parser.add_argument("--most-sigma", type=float, default=math.inf)
    parser.add_argument("--save", type=Path, help="weights: read where the file exists, else written")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    run = Run(given.run)
    draws = Draws(run.seed if given.seed is None else given.seed)
    meta = run.manifest("pixels")["meta"]
    images = normalised(run.array("pixels", "train.npy"), meta["affine"])
    maps = meta["labels"]["affine"]
    marked = "marked" in run.manifest("model")["meta"]["condition"]
    labels = told(run.array("pixels", "train_labels.npy"), maps, marked)
    alphas = run.array("noise", "alphas_cumprod.npy").float()
    params, drawn = run.stages["model"], run.stages["samples"]
    losses = np.load(run.file("model", "losses.npy"))
    weights = trained(given.save, params, images, labels, alphas, draws, losses)
    net = network(params["model"])
    ours(run)
    conditions = run.array("pixels", "test_labels.npy")[: drawn["count"]]
    z = told(conditions, maps, marked)
    for scale in (float(each) for each in given.scales.split(",")):
        found = {}
        for name, tensors in {"our weights": run.weights("model"), "twin": weights}.items():
            w = Weights(torch.float32)
            w.tensors = tensors
            how = params["prediction"], drawn["sampler"], z, images.shape[1:], alphas, draws
            made = sample(lambda *inputs: net(w, *inputs), *how, scale, given.most_sigma)
            found[name] = errors(made, meta["affine"], conditions)
            line(name, f"guidance {scale}", found[name].mean(0))
        apart = found["our weights"] - found["twin"]
        line("difference", f"guidance {scale}", apart.mean(0), apart.std(0) / len(apart) ** 0.5)


if __name__ == "__main__":
    main()
