"""The command line ``careweave``: one module for each command, `app` joins them."""
