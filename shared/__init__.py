"""What the services share: the contracts they speak and the kit they run on."""
