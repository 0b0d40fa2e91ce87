"""pipelines/clothes-cvae.yaml's training in PyTorch: the peer for what it reaches, not for how long it takes.

    python3 tests/bench/clothes_twin.py RUN [--epochs 30] [--threads 2] [--seed N]

RUN is the folder of a run of that pipeline: images and their parts are read from its store, so that both sides learn
from and are measured on the same ones. Weights at the start, the order of the batches and the codes that are drawn are
the run's too, made by its random numbers: then what two trainings differ by is not what two seeds differ by, which is
more. With --seed they are PyTorch's own.

Prints JSON lines: after every epoch the mean losses of its steps and those on the validation images, to be compared
with loss.csv of the stage `model`, and at the end those on the test images, to be compared with reconstruction.json of
the stage `reconstructions`.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from cvae_twin import LATENT, Cvae
from run_store import Run

sys.path.append(str(Path(__file__).parents[1] / "fixtures"))
from squares import normals, permutation, random_key, uniforms  # noqa: E402

BATCH = 128


def arrays(run, split):
    """Bytes [N, 1, 28, 28] and one-hot labels [N, 10] of a split."""
    return run.array("pixels", f"{split}.npy"), run.array("pixels", f"{split}_labels.npy")


class OwnDraws:
    """PyTorch's random numbers."""

    def __init__(self, seed):
        torch.manual_seed(seed)

    def start(self, net):
        pass

    def order(self, epoch, count):
        return torch.randperm(count)

    def codes(self, step, shape):
        return torch.randn(shape)


class DrawsOfRun:
    """The random numbers of a run with a seed, as src/base/random.ts makes them."""

    def __init__(self, seed):
        self.seed = seed

    def start(self, net):
        """Gives the net the run's weights, whose linear layers see images rows first and channels last."""
        bottom = net.mean.in_features // 16
        flat = torch.arange(16 * bottom).reshape(4, 4, bottom).permute(2, 0, 1).flatten()
        with torch.no_grad():
            for level in range(3):
                self.conv(net.encoder[3 * level], f"encoder.conv.{level}", (3, 2, 0, 1))
                self.conv(net.decoder[4 - 2 * level], f"decoder.conv.{level}", (2, 3, 0, 1))
            for layer, name in ((net.mean, "mean"), (net.log_variance, "log_variance")):
                weight, bias = self.linear(layer, f"encoder.{name}")
                layer.weight.copy_(weight[:, flat])
                layer.bias.copy_(bias)
            weight, bias = self.linear(net.first, "decoder.in")
            net.first.weight.copy_(weight[flat])
            net.first.bias.copy_(bias[flat])

    def conv(self, layer, name, axes):
        """Weights are kept [k, k, inputs, outputs]."""
        target = layer.weight.permute(*(axes.index(axis) for axis in range(4)))
        fan_in = layer.weight[0].numel()
        target.copy_(self.uniform(f"{name}.weight", tuple(target.shape), fan_in))
        layer.bias.copy_(self.uniform(f"{name}.bias", tuple(layer.bias.shape), fan_in))

    def linear(self, layer, name):
        outputs, inputs = layer.weight.shape
        weight = self.uniform(f"{name}.weight", (inputs, outputs), inputs)
        return weight.t(), self.uniform(f"{name}.bias", (outputs,), inputs)

    def uniform(self, name, shape, fan_in):
        draws = uniforms(random_key(self.seed, f"init/{name}"), 0, int(np.prod(shape)))
        values = (2 * draws.astype(np.float64) - 1) / np.sqrt(fan_in)
        return torch.from_numpy(values.astype(np.float32)).reshape(shape)

    def order(self, epoch, count):
        return torch.from_numpy(permutation(random_key(self.seed, "shuffle"), epoch, count))

    def codes(self, step, shape):
        streams = np.arange(step * shape[0], (step + 1) * shape[0])
        return torch.from_numpy(normals(random_key(self.seed, "code"), streams, shape[1]))


def losses(net, images, labels, epsilon):
    """Cross-entropy and divergence of a batch, summed over it."""
    x = images.float() / 255
    logits, mean, log_variance = net(x, labels.float(), epsilon)
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return bce, 0.5 * torch.sum(mean**2 + log_variance.exp() - 1 - log_variance)


def measured(net, images, labels):
    """Means over all images, with codes drawn and the running statistics of the batch norms."""
    net.eval()
    with torch.no_grad():
        parts = [
            losses(net, x, y, torch.randn(len(x), LATENT))
            for x, y in zip(images.split(500), labels.split(500))
        ]
    net.train()
    return means(parts, len(images))


def means(parts, count):
    """Losses per image of sums over batches."""
    bce, kld = (sum(float(each) for each in column) / count for column in zip(*parts))
    return {"total": bce + kld, "bce": bce, "kld": kld}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, help="own random numbers in place of the run's")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    run = Run(given.run)
    draws = DrawsOfRun(run.seed) if given.seed is None else OwnDraws(given.seed)
    images, labels = arrays(run, "train")
    net = Cvae()
    draws.start(net)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    per_epoch = len(images) // BATCH
    for epoch in range(given.epochs):
        order, steps = draws.order(epoch, len(images))[: per_epoch * BATCH], []
        for step, rows in enumerate(order.split(BATCH), epoch * per_epoch):
            epsilon = draws.codes(step, (BATCH, LATENT))
            bce, kld = losses(net, images[rows], labels[rows], epsilon)
            optimizer.zero_grad(set_to_none=True)
            ((bce + kld) / BATCH).backward()
            optimizer.step()
            steps.append((bce.detach(), kld.detach()))
        seen = {
            "first step": means(steps[:1], BATCH),
            "training": means(steps, len(order)),
            "validation": measured(net, *arrays(run, "validation")),
        }
        print(json.dumps({"epoch": epoch + 1, **seen}), flush=True)
    print(json.dumps({"epochs": given.epochs, "test": measured(net, *arrays(run, "test"))}))


if __name__ == "__main__":
    main()
