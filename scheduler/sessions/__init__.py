"""The dose session, live: what happened is appended, whatever a clinician sees is derived.

`happenings` says what may be written down, `telling` puts it in order with its corrections, and
`timeline` derives the rest: stage, checks, alarms, decisions, whether the drug may be given and
the patient may leave. `recording` is the door for a new event; `loading` reads a session.
"""
