"""kernels/models/cvae.ts in PyTorch, trained or sampled as the product does: the peer of the benchmarks of S4."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from twin import arguments, serve

CLASSES, LATENT = 10, 10


class Cvae(nn.Module):
    """For 28x28 images: 28 -> 14 -> 7 -> 4 and back."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1 + CLASSES, 32, 4, stride=2, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2, padding=1),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.Conv2d(64, 128, 3, stride=2, padding=1),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.mean = nn.Linear(128 * 4 * 4, LATENT)
        self.log_variance = nn.Linear(128 * 4 * 4, LATENT)
        self.first = nn.Linear(LATENT + CLASSES, 128 * 4 * 4)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(128, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
        )

    def decode(self, z, labels):
        return self.decoder(self.first(torch.cat([z, labels], 1)).view(-1, 128, 4, 4))

    def forward(self, x, labels, epsilon=None):
        planes = labels[:, :, None, None].expand(-1, -1, *x.shape[2:])
        h = self.encoder(torch.cat([x, planes], 1))
        mean, log_variance = self.mean(h), self.log_variance(h)
        epsilon = torch.randn_like(mean) if epsilon is None else epsilon
        z = mean + torch.exp(0.5 * log_variance) * epsilon
        return self.decode(z, labels), mean, log_variance


def main():
    mode, _, size, batch = arguments()
    if size != 28:
        raise SystemExit("the twin of cvae is for 28x28 images")
    net = Cvae()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    images = torch.randint(0, 256, (1000, 1, size, size), dtype=torch.uint8)
    labels = F.one_hot(torch.randint(0, CLASSES, (1000,)), CLASSES).to(torch.uint8)
    z = torch.randn(batch, LATENT)

    def train():
        rows = torch.randint(0, 1000, (batch,))
        x = images[rows].float() / 255
        logits, mean, log_variance = net(x, labels[rows].float())
        bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kld = 0.5 * torch.sum(mean**2 + log_variance.exp() - 1 - log_variance)
        optimizer.zero_grad(set_to_none=True)
        ((bce + kld) / batch).backward()
        optimizer.step()

    def sample():
        with torch.no_grad():
            torch.sigmoid(net.decode(z, labels[:batch].float()))

    if mode == "sample":
        net.eval()
    serve(sample if mode == "sample" else train)


if __name__ == "__main__":
    main()
