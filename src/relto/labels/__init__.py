"""What protection a thing needs: policies, levels, audiences, labels, clearances; how they are marked and written."""
