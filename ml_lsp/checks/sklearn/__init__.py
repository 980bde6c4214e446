"""Checks of the rules under rules/sklearn."""
