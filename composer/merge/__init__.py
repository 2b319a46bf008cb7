"""What several layers come to together: values, edits, looks."""
