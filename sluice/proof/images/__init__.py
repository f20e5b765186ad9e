"""The proof of images: every byte of a source's images against what Redis holds."""
