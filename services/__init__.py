"""The six services of the pipeline, one folder each."""
