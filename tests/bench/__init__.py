"""Speed, memory and size, measured: `make bench`. Quote ratios of one run; the machine is shared and noisy."""
