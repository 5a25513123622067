"""What monitoring finds out about the version that serves, and what follows from it by the rules."""
