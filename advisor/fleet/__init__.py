"""
Many deployments in one run: processes of this machine, or an existing Dask cluster.
"""
