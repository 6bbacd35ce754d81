"""What do administrators see and do? One module for each noun of theirs; all of it behind the table ADMIN in web/app.py."""
