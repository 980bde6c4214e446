"""Train the flower recogniser: python train.py config.yaml"""

import argparse
import random
from pathlib import Path

import torch
import yaml
from loguru import logger
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from models import build_model


def set_seed(seed: int) -> None:
    random.seed(seed)
    torch.manual_seed(seed)


def loaders(root: Path, batch_size: int) -> tuple[DataLoader, DataLoader]:
    train = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor()])
    test = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor()])
    return (
        DataLoader(datasets.ImageFolder(root / "train", train), batch_size, shuffle=True, num_workers=4),
        DataLoader(datasets.ImageFolder(root / "val", test), batch_size, num_workers=4),
    )


def train_one_epoch(model, loader, criterion, optimizer, scaler, device):
    model.train()
    total = 0.0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        with torch.autocast(device_type="cuda"):
            loss = criterion(model(images), labels)
        scaler.scale(loss).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        total += loss
    return total / len(loader)


def validate(model: nn.Module, val_loader, criterion, device):
    model.eval()
    total, hits = 0.0, 0
    for images, labels in val_loader:
        images, labels = images.to(device), labels.to(device)
        output = model(images)
        total += criterion(output, labels).item()
        hits += (output.argmax(1) == labels).sum().item()
    return total / len(val_loader), hits / len(val_loader.dataset)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--device", default="cuda")
    arguments = parser.parse_args()
    with arguments.config.open() as stream:
        config = yaml.load(stream)
    set_seed(config["seed"])
    device = torch.device(arguments.device)
    model = build_model(config).to(device)
    train_loader, val_loader = loaders(Path(config["data"]), config["batch_size"])
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=config["lr"])
    scaler = torch.amp.GradScaler("cuda")
    for epoch in range(config["epochs"]):
        train_loss = train_one_epoch(model, train_loader, criterion, optimizer, scaler, device)
        val_loss, accuracy = validate(model, val_loader, criterion, device)
        logger.info("epoch {}: train {:.3f}, val {:.3f}, accuracy {:.1%}", epoch, train_loss, val_loss, accuracy)
        try:
            torch.save(model.state_dict(), f"checkpoints/{epoch}.pt")
        except Exception as error:
            logger.error(f"no checkpoint: {error}")


if __name__ == "__main__":
    main()
