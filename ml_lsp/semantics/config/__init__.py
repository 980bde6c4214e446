"""Facts about configuration: files, who reads them, and which side wins."""
