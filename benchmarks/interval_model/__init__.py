"""The model that one writes first: an optional interval for everything, and one question for all.

Written from the contract to be compared with the planner, so it shares nothing with the planner's
search; only the compiled question (`Problem`) is read by both.
"""
