"""What a team would otherwise install: django-helpdesk on PostgreSQL, taking in the same mails."""
