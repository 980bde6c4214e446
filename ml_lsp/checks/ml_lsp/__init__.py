"""Checks of the rules under rules/ml-lsp."""
