"""YAML: ours, read strictly and with places; and that of others, read as leniently as their tools do."""
