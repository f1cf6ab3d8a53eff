"""How music is played: when each note really sounds, how long and how loud."""
