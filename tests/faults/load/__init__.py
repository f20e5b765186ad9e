"""Large loads, a day of small ones, and overload: what they take and what they leave, on a pipeline of their own."""
