"""ml-lsp: a language server that reviews machine-learning code while it is being written."""

__version__ = "0.1.0"
