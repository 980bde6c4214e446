"""Checks of the rules under rules/notebook."""
