"""The sandbox: portals on loopback in the true wire formats, a mailbox, and example companies."""
