"""From matches to mails."""
