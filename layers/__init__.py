"""What is drawn: pure functions from (city, view) to components, figures and plain data."""
