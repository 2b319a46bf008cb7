"""Hand edits of an output, taken back to the fragment or the profile that they belong to, and proven before anything is written."""
