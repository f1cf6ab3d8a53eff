"""From settings to takes: a solo with its band, one or thousands, each with the recipe that makes it."""
