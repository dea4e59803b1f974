"""The main job, unattended: two appliances exchange a certificate as operators do, judged by others' programs."""
