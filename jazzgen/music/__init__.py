"""What music is, in ticks and symbols: notes, chords, progressions, forms, the grid and endings."""
