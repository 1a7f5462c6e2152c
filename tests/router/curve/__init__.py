"""What an assignment costs with ten agents and with ten thousand."""
