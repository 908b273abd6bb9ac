"""What needs a person's eye: doubtful fields, drawn samples, marks, measured accuracy."""
