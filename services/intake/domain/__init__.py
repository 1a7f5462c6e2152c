"""What intake decides, without Kafka, MongoDB or a clock."""
