"""Checks of the rules under rules/deepspeed."""
