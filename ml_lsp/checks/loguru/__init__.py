"""Checks of the rules under rules/loguru."""
