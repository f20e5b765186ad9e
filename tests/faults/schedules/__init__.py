"""Random faults while everything flows: `scripts/soak faults`.

A schedule goes through these files: draw_schedule.py draws its faults, traffic_plan.py its loads; run_schedule.py
starts load_traffic.py, bad_records.py and change_traffic.py, lets apply_faults.py do the harm and healing.py wait until
the pipeline has healed; observe.py reads what is in the stores and topics then, and verify.py compares that with
expected_state.py. campaign.py runs one schedule after another, and has shrink.py find the fewest faults of one that
fails.
"""
