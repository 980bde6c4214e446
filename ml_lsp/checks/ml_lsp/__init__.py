"""Checks of the rules under rules/yaml."""
