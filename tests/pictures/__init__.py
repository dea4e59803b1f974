"""Pictures for the documents, taken by a browser that nobody here wrote: `python -m tests.pictures`."""
