"""The pure rules of sla: schedules, policies, clocks."""
