"""Who may do what in a database: found out by trying, since policies, grants and functions act together."""
