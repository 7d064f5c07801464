"""Care around the sessions: who may be treated, what is measured, who pays, what is open."""
