"""`sluice console`: a page that shows the pipeline, served to this machine only."""
