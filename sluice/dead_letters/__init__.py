"""Dead letters: records that a sink could not use, with the reason. Listed, shown, written to files, sent again."""
