"""What every program here needs: exit statuses, standard streams, signals, trusted certificate authorities."""
