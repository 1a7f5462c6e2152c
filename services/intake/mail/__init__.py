"""Doors for mail: SMTP and LMTP listen, IMAP fetches; each lets go of a mail once Kafka has it."""
