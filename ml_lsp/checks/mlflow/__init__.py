"""Checks of the rules under rules/mlflow."""
