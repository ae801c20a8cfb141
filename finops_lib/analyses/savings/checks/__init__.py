"""The checks for waste, one file each; the number in brackets is that of the catalogue (domain.md 4)."""
