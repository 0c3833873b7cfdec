"""What people say about what the machine said: the review, beside the scorecards and never over them."""
