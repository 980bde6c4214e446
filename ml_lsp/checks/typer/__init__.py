"""Checks of the rules under rules/typer."""
