"""Checks of the rules under rules/keras."""
