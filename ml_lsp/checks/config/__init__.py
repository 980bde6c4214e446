"""Checks of the rules under rules/config."""
