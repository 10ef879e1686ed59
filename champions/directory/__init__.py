"""The directory of champions, and asking one of them through the portal."""
