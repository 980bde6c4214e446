"""Checks of the rules under rules/ray."""
