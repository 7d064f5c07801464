"""The demo clinic: sixty invented people in all phases, moved so that today is a busy day."""
