"""
What is known of a deployment, as named and typed facts.
"""
