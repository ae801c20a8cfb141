"""What follows from a table? Pure functions: frames and plain options in, records of `findings` out."""
