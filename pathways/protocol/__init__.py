"""A protocol as a clinic keeps it: the planner's pathway and all that surrounds it.

The records of a library pathway. The planner needs activities, weeks and rules of spacing; the
people who treat need screening, measures, vitals, discharge, words for the patient and the gates
on the way. Every number stands beside its source.
"""

from pathways.protocol.record import LibraryPathway

__all__ = ["LibraryPathway"]
