"""
Documents put together: services, hosts, replicas, and who talks to whom.
"""
