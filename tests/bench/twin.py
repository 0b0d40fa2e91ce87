"""What the PyTorch twins share: their command line, the noise process, and steps on request.

Prints "ready", then for each number n on standard input the milliseconds of n steps as a JSON list.
"""

import json
import math
import sys
import time

import torch
import torch.nn.functional as F


def arguments():
    """Mode (train or sample), model, size, batch; threads and seed are set."""
    mode, model, size, batch, threads = sys.argv[1:6]
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    return mode, model, int(size), int(batch)


def embedding(t, width):
    half = width // 2
    angle = t[:, None] * torch.exp(-math.log(10000) * torch.arange(half) / half)
    return torch.cat([angle.sin(), angle.cos()], 1)


def denoising_step(net, optimizer, images, batch, conditions=None):
    """A training step on epsilon: a random batch of stored images at random timesteps."""
    alphas = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)

    def step():
        rows = torch.randint(0, len(images), (batch,))
        x0 = images[rows].float() / 127.5 - 1
        t = torch.randint(0, 1000, (batch,))
        noise, a = torch.randn_like(x0), alphas[t][:, None, None, None]
        x = a.sqrt() * x0 + (1 - a).sqrt() * noise
        given = [] if conditions is None else [conditions[rows].float()]
        optimizer.zero_grad(set_to_none=True)
        F.mse_loss(net(x, t.float(), *given), noise).backward()
        optimizer.step()

    return step


def ancestral_step(net, x, *given):
    """A step of ancestral sampling from x at timestep 500 (Ho et al. 2020, algorithm 2, the image clipped)."""
    betas = torch.linspace(1e-4, 0.02, 1000)
    alphas = torch.cumprod(1 - betas, 0)
    beta, a, after = (float(each) for each in (betas[500], alphas[500], alphas[499]))
    image, kept = math.sqrt(after) * beta / (1 - a), math.sqrt(1 - beta) * (1 - after) / (1 - a)
    deviation = math.sqrt(beta * (1 - after) / (1 - a))
    t = torch.full((len(x),), 500.0)

    def step():
        with torch.no_grad():
            x0 = ((x - math.sqrt(1 - a) * net(x, t, *given)) / math.sqrt(a)).clamp(-1, 1)
            return image * x0 + kept * x + deviation * torch.randn_like(x)

    return step


def serve(step):
    print("ready", flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step()
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps(times), flush=True)
