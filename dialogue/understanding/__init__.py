"""What people mean: intents and slots of customers, commands of staff."""
