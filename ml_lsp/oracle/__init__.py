"""Answers about names that come from elsewhere: installed libraries and other files of the project."""
