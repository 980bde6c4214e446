"""Checks of the rules under rules/data."""
