"""The training of champions, and how they pass it on."""
