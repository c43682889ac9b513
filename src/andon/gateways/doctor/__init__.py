"""`andon doctor`: what of this installation is not as it should be, with what was seen and what to do."""
