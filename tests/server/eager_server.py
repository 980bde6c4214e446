"""The server of words, which shows its progress from the first moment on."""

from ml_lsp.server import app, progress
from tests.server.word_server import load

if __name__ == "__main__":
    progress.UNNOTICED = progress.PAUSE = 0.0
    app.run_stdio(load)
