"""Hold two environments against each other, or one against what is declared."""
