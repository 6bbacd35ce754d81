"""From portals to notices."""
