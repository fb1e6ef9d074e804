"""What holds for every carrier of SMS and voice, against emulated providers that check signatures by themselves."""
