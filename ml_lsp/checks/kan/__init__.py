"""Checks of the rules under rules/kan."""
