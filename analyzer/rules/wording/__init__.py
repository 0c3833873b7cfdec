"""What turns that must not be said have in common, learnt."""
