"""The U-Net of unet_twin.py on a GPU: eager, or compiled with CUDA graphs; in float32 (TF32) or mixed precision.

Arguments: model, size, batch, eager | compiled, none | float16 | bfloat16. Prints "ready", then for each number n on
standard input the mean milliseconds of n steps as a JSON list of one, the GPU's queue emptied before and after.
Without a GPU it runs on the CPU, which is good for nothing but trying this file.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from unet_twin import UNet

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def training_step(size, batch, variant, precision):
    images = torch.randint(0, 256, (1000, 3, size, size), dtype=torch.uint8)
    alphas = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)
    net = UNet()
    fused = {"fused": True} if DEVICE == "cuda" else {}
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, **fused)
    dtype = None if precision == "none" else getattr(torch, precision)
    scaler = torch.cuda.amp.GradScaler(enabled=DEVICE == "cuda" and precision == "float16")

    def loss_of(x0, t, noise):
        a = alphas[t][:, None, None, None]
        with torch.autocast(DEVICE, dtype=dtype, enabled=dtype is not None):
            return F.mse_loss(net(a.sqrt() * x0 + (1 - a).sqrt() * noise, t.float()), noise)

    # reduce-overhead records CUDA graphs, forward and backward.
    loss = torch.compile(loss_of, mode="reduce-overhead") if variant == "compiled" else loss_of

    def step():
        x0 = images[torch.randint(0, 1000, (batch,))].float() / 127.5 - 1
        t = torch.randint(0, 1000, (batch,))
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss(x0, t, torch.randn_like(x0))).backward()
        scaler.step(optimizer)
        scaler.update()

    return step


def wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def main():
    _, size, batch, variant, precision = sys.argv[1:6]
    torch.manual_seed(0)
    if DEVICE == "cuda":
        torch.set_default_device(DEVICE)
        # ONNX Runtime's default on CUDA, too.
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    step = training_step(int(size), int(batch), variant, precision)
    print("ready", flush=True)
    for line in sys.stdin:
        steps = int(line)
        wait()
        start = time.perf_counter()
        for _ in range(steps):
            step()
        wait()
        print(json.dumps([(time.perf_counter() - start) * 1e3 / steps]), flush=True)


if __name__ == "__main__":
    main()
