"""The classifier of the flower recogniser."""

import torch
from torch import nn


class FlowerNet(nn.Module):
    """A small convolutional network with a classification head."""

    def __init__(self, classes: int, width: int = 32, depth: int = 3) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())
        self.blocks = [nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU()) for _ in range(depth)]
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(width, classes), nn.Softmax(dim=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(dim=(2, 3)))


def build_model(config: dict) -> FlowerNet:
    return FlowerNet(config["classes"], config.get("width", 32))
