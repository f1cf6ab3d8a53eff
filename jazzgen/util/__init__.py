"""What every room needs and no musician does: safe files, workers, optional packages, progress."""
