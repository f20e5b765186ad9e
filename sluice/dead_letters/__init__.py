"""Dead letters: records that a sink could not use, with the reason: listed, shown, written to files, sent again."""
