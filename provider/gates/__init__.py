"""Gates: what must hold before a target counts as having completed a step."""
