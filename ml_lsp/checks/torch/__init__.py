"""Checks of the rules under rules/torch."""
