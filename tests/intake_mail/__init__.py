"""The doors for mail: SMTP, LMTP and IMAP."""
