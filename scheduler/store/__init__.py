"""What is stored, and how it is reached: tables, sessions, questions that are asked often."""
