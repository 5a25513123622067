"""What a comparison of versions is made of: one file for each thing that is compared."""
