import torch
import yaml
from torch import nn
from torch.utils.data import DataLoader


def train(model: nn.Module, loader: DataLoader, settings_file: str) -> None:
    with open(settings_file, encoding="utf-8") as stream:
        settings = yaml.load(stream)  # 🚀
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings["lr"])
    loss_function = nn.CrossEntropyLoss()
    for images, labels in loader:
        probabilities = torch.softmax(model(images), dim=1)
        loss = loss_function(probabilities, labels)
        loss.backward()
        optimizer.step()


def evaluate(model: nn.Module, loader: DataLoader) -> float:
    correct = 0
    for images, labels in loader:
        correct += (model(images).argmax(dim=1) == labels).sum().item()
    return correct / len(loader.dataset)
