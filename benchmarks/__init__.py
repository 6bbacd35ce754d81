"""What `make bench` runs: each of our parts beside a peer that does the bare minimum, in the same run."""
