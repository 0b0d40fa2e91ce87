"""pipelines/clothes-cvae.yaml's training in PyTorch: the peer for what it reaches, not for how long it takes.

    python3 tests/bench/clothes_twin.py RUN [EPOCHS] [SEED] [THREADS]

RUN is the folder of a run of that pipeline: images and their parts are read from its store, so that both sides learn
from and are measured on the same ones. Prints JSON lines: after every epoch the mean losses of its steps and those on
the validation images, to be compared with loss.csv of the stage `model`, and at the end those on the test images, to be
compared with reconstruction.json of the stage `reconstructions`.
"""

import json
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from cvae_twin import Cvae

BATCH = 128


def stored(run, stage):
    """Paths of the files of a stage's artifact by name."""
    store = os.path.join(run, "..", "store")
    with open(os.path.join(run, "run.json")) as file:
        stages = json.load(file)["stages"]
    key = next(each["key"] for each in stages if each["id"] == stage)
    with open(os.path.join(store, "keys", key[:2], key + ".json")) as file:
        files = json.load(file)["files"]
    return {
        name: os.path.join(store, "blobs", entry["digest"][:2], entry["digest"])
        for name, entry in files.items()
    }


def load(files, split):
    """Bytes [N, 1, 28, 28] and one-hot labels [N, 10] of a split."""
    names = split + ".npy", split + "_labels.npy"
    return tuple(torch.from_numpy(np.load(files[name])) for name in names)


def losses(net, images, labels):
    """Cross-entropy and divergence of a batch, summed over it."""
    x = images.float() / 255
    logits, mean, log_variance = net(x, labels.float())
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return bce, 0.5 * torch.sum(mean**2 + log_variance.exp() - 1 - log_variance)


def measured(net, images, labels):
    """Means over all images, with codes drawn and the running statistics of the batch norms."""
    net.eval()
    with torch.no_grad():
        parts = [losses(net, *part) for part in zip(images.split(500), labels.split(500))]
    net.train()
    return means(parts, len(images))


def means(parts, count):
    """Losses per image of sums over batches."""
    bce, kld = (sum(float(each) for each in column) / count for column in zip(*parts))
    return {"total": bce + kld, "bce": bce, "kld": kld}


def main():
    run, *numbers = sys.argv[1:]
    epochs, seed, threads = ([int(each) for each in numbers] + [30, 0, 2][len(numbers):])
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    files = stored(run, "pixels")
    images, labels = load(files, "train")
    validation, test = load(files, "validation"), load(files, "test")
    net = Cvae()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(1, epochs + 1):
        order = torch.randperm(len(images))[: len(images) // BATCH * BATCH]
        steps = []
        for rows in order.split(BATCH):
            bce, kld = losses(net, images[rows], labels[rows])
            optimizer.zero_grad(set_to_none=True)
            ((bce + kld) / BATCH).backward()
            optimizer.step()
            steps.append((bce.detach(), kld.detach()))
        seen = {"training": means(steps, len(order)), "validation": measured(net, *validation)}
        print(json.dumps({"epoch": epoch, **seen}), flush=True)
    print(json.dumps({"epochs": epochs, "seed": seed, "test": measured(net, *test)}))


if __name__ == "__main__":
    main()
