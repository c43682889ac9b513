"""What bench/ballots.py is made of: the world it measures, the clients that load it, and the bare limits."""
