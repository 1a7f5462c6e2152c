"""Programs that measure intake's readers: a report on real samples, and a fuzzer."""
