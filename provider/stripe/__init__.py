"""The handlers of what lives in a Stripe account."""
