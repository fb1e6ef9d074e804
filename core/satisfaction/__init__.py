"""How content customers are: ratings, recommendations, repairs that held."""
