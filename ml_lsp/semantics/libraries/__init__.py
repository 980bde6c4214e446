"""Facts about code that uses other libraries: one file for the words of each."""
