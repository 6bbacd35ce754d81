"""From notices and profiles to matches with reasons."""
