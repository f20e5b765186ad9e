"""Dead letters: records that a sink could not use, each with its reason; listed, shown, written to files, sent again."""
