"""What the network hears and says: the 78 values, and the context that is known before each of them."""
