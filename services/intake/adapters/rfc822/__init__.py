"""Mail as it really comes: headers, parts and charsets read in one pass, whatever is wrong."""
