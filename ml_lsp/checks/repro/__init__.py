"""Checks of the rules under rules/repro."""
