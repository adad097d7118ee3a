"""The wiring: callbacks and routes; they hold no logic of their own."""
