"""Reception: from any channel's payload to the right ticket."""
