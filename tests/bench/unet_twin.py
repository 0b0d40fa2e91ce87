"""The U-Net of kernels/models/unet.ts in PyTorch, trained or run as the product does: the peer of the benchmarks."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from twin import ancestral_step, arguments, denoising_step, embedding, serve

WIDTHS = [32, 64, 128, 256]
EMBEDDING, TIME, GROUPS = 32, 128, 8


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time = nn.Linear(TIME, outputs)
        self.norm2 = nn.GroupNorm(GROUPS, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, time):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(time)[:, :, None, None]
        return self.conv2(F.silu(self.norm2(h))) + self.skip(x)


class UNet(nn.Module):
    """Blocks are made by `block(inputs, outputs)` and called with the features and what `features` gives."""

    def __init__(self, block=Block):
        super().__init__()
        self.time1, self.time2 = nn.Linear(EMBEDDING, TIME), nn.Linear(TIME, TIME)
        self.first = nn.Conv2d(3, WIDTHS[0], 3, padding=1)
        before = [WIDTHS[0], *WIDTHS[:-1]]
        self.down = nn.ModuleList(block(a, b) for a, b in zip(before, WIDTHS))
        self.shrink = nn.ModuleList(nn.Conv2d(w, w, 3, stride=2, padding=1) for w in WIDTHS[:-1])
        self.mid = block(WIDTHS[-1], WIDTHS[-1])
        self.up = nn.ModuleList(block(2 * w, w) for w in reversed(WIDTHS))
        self.grow = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in zip(WIDTHS[:0:-1], WIDTHS[-2::-1])
        )
        self.norm = nn.GroupNorm(GROUPS, WIDTHS[0])
        self.last = nn.Conv2d(WIDTHS[0], 3, 3, padding=1)

    def features(self, t):
        return F.silu(self.time2(F.silu(self.time1(embedding(t, EMBEDDING)))))

    def forward(self, x, t):
        time = self.features(t)
        h, skips = self.first(x), []
        for level, block in enumerate(self.down):
            h = block(h, time)
            skips.append(h)
            if level < len(self.shrink):
                h = self.shrink[level](h)
        h = self.mid(h, time)
        for level, block in enumerate(self.up):
            h = block(torch.cat([h, skips.pop()], 1), time)
            if level < len(self.grow):
                h = self.grow[level](F.interpolate(h, scale_factor=2, mode="nearest"))
        return self.last(F.silu(self.norm(h)))


def main():
    mode, _, size, batch = arguments()
    net = UNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)
    images = torch.randint(0, 256, (1000, 3, size, size), dtype=torch.uint8)
    x = torch.randn(batch, 3, size, size)
    train, sample = denoising_step(net, optimizer, images, batch), ancestral_step(net, x)
    serve(sample if mode == "sample" else train)


if __name__ == "__main__":
    main()
