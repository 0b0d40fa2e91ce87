"""kernels/models/film_unet.ts and cond_unet.ts in PyTorch: the peers of the benchmarks of S2."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from twin import ancestral_step, arguments, denoising_step, serve
from unet_twin import GROUPS, TIME, UNet

CONDITION, HIDDEN = 4, 128


class Film(nn.Module):
    def __init__(self, inputs, channels, centre):
        super().__init__()
        self.centre = centre
        self.mlp = nn.Sequential(
            nn.Linear(inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2 * channels)
        )

    def forward(self, x, z):
        gamma, beta = self.mlp(z)[:, :, None, None].chunk(2, 1)
        return (gamma + self.centre if self.centre else gamma) * x + beta


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = nn.GroupNorm(GROUPS, outputs)
        self.film = Film(CONDITION + TIME, outputs, 1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, z):
        h = self.conv1(F.silu(self.norm1(x)))
        return self.conv2(F.silu(self.film(self.norm2(h), z))) + self.skip(x)


class FilmUNet(UNet):
    def __init__(self):
        super().__init__(Block)

    def forward(self, x, t, condition):
        self.condition = condition
        return super().forward(x, t)

    def features(self, t):
        return torch.cat([self.condition, super().features(t)], 1)


class CondUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.film1 = nn.Conv2d(3, 32, 3, padding=1), Film(CONDITION, 32, 0)
        self.conv2, self.film2 = nn.Conv2d(32, 64, 3, stride=2, padding=1), Film(CONDITION, 64, 0)
        self.up = nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)
        self.out = nn.Conv2d(32, 3, 3, padding=1)

    def forward(self, x, t, condition):
        h = F.relu(self.film1(self.conv1(x), condition))
        h = F.relu(self.film2(self.conv2(h), condition))
        return self.out(F.relu(self.up(h)))


def main():
    mode, model, size, batch = arguments()
    net = FilmUNet() if model == "film-unet" else CondUNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    images = torch.randint(0, 256, (1000, 3, size, size), dtype=torch.uint8)
    conditions = torch.randint(0, 4, (1000, CONDITION), dtype=torch.uint8)
    sample = ancestral_step(net, torch.randn(batch, 3, size, size), conditions[:batch].float())
    train = denoising_step(net, optimizer, images, batch, conditions)
    serve(sample if mode == "sample" else train)


if __name__ == "__main__":
    main()
