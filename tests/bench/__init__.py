"""How fast the pipeline is, as ratios: ours and a peer on the same servers, in the same run."""
