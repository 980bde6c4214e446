"""Checks of the rules under rules/lightning."""
