"""Runtime of every program here: exit statuses, standard streams, signals, trusted certificate authorities."""
