"""Booking by hand: free times, holds, bookings, moves and swaps, and what becomes of a visit.

Whatever changes goes one way: the dates and patients are held, one judge sees the state that would
be, the ledger gives back and takes, and only then is it written. A fact is never refused: what it
breaks is put on the work-list in the same unit of work.
"""
